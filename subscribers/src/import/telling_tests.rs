//! What columns of many names say, and what they do not.

use super::*;
use crate::import::words::squeezed;

fn heard(column: &str, cell: &str) -> String {
    let Some(telling) = Telling::of(&squeezed(column)) else {
        return "nothing".to_owned();
    };
    match telling.hear(cell) {
        Ok(None | Some(Standing::Active)) => "active".to_owned(),
        Ok(Some(standing)) => format!("{standing:?}"),
        Err(_) => "refused".to_owned(),
    }
}

#[test]
fn columns_tell_of_an_end_by_whatever_name() {
    let left = [
        ("Unsubscribed Date", "2024-01-02"),
        ("unsubscribedAt", "2024-01-02T03:04:05Z"),
        ("isUnsubscribed", "true"),
        ("Opt-out time", "02.01.2024"),
        ("email_opt_out", "1"),
        ("HasOptedOutOfEmail", "TRUE"),
        ("optedOut", "x"),
        ("Removed at", "2024-01-02"),
        ("Abgemeldet am", "02.01.2024"),
        ("Unsubscribed from weekly news", "yes"),
        ("active", "false"),
        ("is_active", "0"),
        ("isSubscribed", "false"),
        ("Subscribe", "no"),
        ("opt-in", "no"),
        ("Subscription", "unsubscribed"),
        ("Subscription", "no"),
        ("Mailing status", "Unsubscribed"),
        ("list_status", "removed"),
        ("type", "unsubscribed"),
        ("emailMarketingConsent.state", "UNSUBSCRIBED"),
        ("Email permission status", "Unsubscribed"),
        ("newsletter", "no"),
        ("Cancelled", "yes"),
        ("deactivated", "2022-01-01"),
        ("consent_withdrawn_at", "2022-01-01"),
        ("Newsletter abbestellt", "ja"),
        ("Baja", "sí"),
        ("fecha_baja", "2022-01-01"),
        ("uitgeschreven", "ja"),
        ("valid", "false"),
        ("deliverable", "no"),
        ("mail", "nomail"),
        ("Inactive", "yes"),
        ("receive_email", "false"),
        ("wants_newsletter", "0"),
        ("Kündigung", "01.01.2022"),
        ("gekündigt", "ja"),
        ("Unsubscribed", "✓"),
        ("Subscribed", "✗"),
        ("Subscribed", "☐"),
        ("Newsletter", "FALSCH"),
        ("Newsletter", "FAUX"),
        ("Newsletter", "unchecked"),
        ("IsExcludedFromCampaigns", "true"),
        ("receive_newsletters", "no"),
        ("mail_allowed", "no"),
        ("Emails disabled", "true"),
        ("Darse de baja", "sí"),
        ("Отписан", "да"),
        ("type", "former subscriber"),
    ];
    for (column, cell) in left {
        assert_eq!(heard(column, cell), "Left", "{column}: {cell}");
    }
    let blocked = [
        ("Hard Bounce", "yes", "HardBounce"),
        ("Email hard bounce date", "2024-01-02", "HardBounce"),
        ("Contact status", "Bounced", "HardBounce"),
        ("spam", "true", "Complaint"),
        ("Spam complaints at", "2024-01-02", "Complaint"),
        ("do not email", "true", "Manual"),
        ("email_suppression.suppressed", "true", "Manual"),
    ];
    for (column, cell, reason) in blocked {
        assert_eq!(
            heard(column, cell),
            format!("Blocked({reason})"),
            "{column}"
        );
    }
    let refused = [
        ("Unsubscribe Reason", "too much mail"),
        ("bounces", "2"),
        ("Bounce Type", "hard"),
        ("Complaints", "3"),
        ("suppression_reason", "policy"),
        ("Invalid email address", "true"),
        ("status", "gold"),
        ("Contact status", "Do not contact me"),
        ("mailing list status", "never opted in"),
        ("opted in", "perhaps"),
        ("status", "✓"),
        ("status", "?"),
        ("Bounced or not", "✓"),
    ];
    for (column, cell) in refused {
        assert_eq!(heard(column, cell), "refused", "{column}: {cell}");
    }
    for (column, cell) in [
        ("Accepts Marketing", "no"),
        ("Consent", "false"),
        ("confirmed", "0"),
        ("Is this subscriber confirmed", "0"),
        ("permission", "none"),
        ("Email marketing", "not subscribed"),
        ("Consent", "FALSCH"),
        ("Consent", "not given"),
        ("Einwilligung", "keine Einwilligung"),
    ] {
        assert_eq!(heard(column, cell), "Unconfirmed", "{column}");
    }
}

#[test]
fn columns_that_say_nothing_bad_do_not_keep_anybody_out() {
    let cases = [
        ("unsubscribed_at", "0000-00-00 00:00:00"),
        ("bounces", "0"),
        ("complaints", "0.00"),
        ("suppressed", "never"),
        ("Accepts Marketing", "yes"),
        ("Subscription", "monthly"),
        ("type", "customer"),
        ("active", "1"),
        ("Email permission status", "Express"),
        ("List status", "yes"),
        ("consent", "2024-01-02"),
        ("newsletter", "Weekly"),
        ("newsletter", "yes"),
        ("valid", "true"),
        ("inactive", "no"),
        ("Unsubscribed", "FALSCH"),
        ("email_disabled", "FAUX"),
        ("Unsubscribed", "☐"),
        ("status", "—"),
        ("Subscribed", "checked"),
        ("Subscribed", "WAHR"),
        ("consent", "double opt-in"),
    ];
    for (column, cell) in cases {
        assert_eq!(heard(column, cell), "active", "{column}: {cell}");
    }
    for column in [
        "unsubscribe_link",
        "Payment status",
        "subscription_date",
        "town",
        "spam_score",
    ] {
        assert_eq!(heard(column, "cancelled"), "nothing", "{column}");
    }
}
