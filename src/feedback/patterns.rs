//! Words of mail servers, by what they mean. Compared in the order of this table, lower case, blanks
//! folded, names and web addresses removed. `|` parts patterns, `*` stands for anything within the same
//! clause, `_` for a blank at an end.
//!
//! Order is the rule: what is said about the sender or the machine comes before what is said about
//! the mailbox, because refusals of senders quote the same phrases ("sender address rejected: domain
//! not found"), and a full mailbox comes first of all, because it is often called unavailable too.

use std::borrow::Cow;

use super::reason::Reason;

const TABLE: &[(Reason, &str)] = &[
    // What two programs say of each other, and nobody of a reader.
    (
        Reason::Content,
        "command not recogni | command unrecogni | unrecognized command | unrecognised command | \
        unknown command | bad sequence of commands | need mail command | need rcpt command | \
        command not implemented | command out of sequence",
    ),
    (
        Reason::MailboxFull,
        "mailbox full | mailbox is full | mailbox*is full | mailbox has exceeded | over quota | \
        overquota | over the quota | over its quota | over his quota | over their quota | \
        quota exceeded | quotaexceed | number of messages in recipient's mailbox | \
        quota has been exceeded | exceeded*quota | exceeds*quota | exceed*mailbox quota | \
        quota violation | quota full | not enough quota | disk quota | storage quota | \
        out of storage | exceeded storage | exceeded its storage | exceeds its storage | \
        storage limit | insufficient disk space | disk full | not enough disk space | \
        not enough storage space | not enough space | no space left | mailfolder is full | \
        folder is full | mail box is full | mailbox size limit exceeded | exceeds allowed size | \
        mailbox exceed | maximum allowed mailbox size | mailbox size exceeded | mailbox over | \
        mailboxsize | inbox is full | inbox full | account is full | account full | \
        account is overquota | too much mail | too many messages in | \
        too many messages on this mailbox | mail box space not enough | boite pleine | \
        boîte pleine | buzón lleno | buzon lleno | casella piena | casella di posta piena | \
        postfach ist voll | postfach voll | speicherplatz | kontingent | caixa postal cheia | \
        ящик переполнен | переполнен | 容量オーバー | いっぱい | 信箱已满 | 已满 | user has too many | \
        resolver.rst.sendsizelimit.quota | storequota | maildir delivery failed | maildirquota | \
        mail quota | mailquota | user is over | would exceed mailbox",
    ),
    (
        Reason::Deferred,
        "greylist | graylist | grey list | grey-list | postgrey | temporarily rejected | \
        come back in | try again in | retry in | temporarily deferred",
    ),
    (
        Reason::RelayingDenied,
        "relaying denied | relay access denied | relay denied | relaying not allowed | \
        relaying not permitted | relay not permitted | not permitted to relay | \
        unable to relay | cannot relay | relay is not permitted | relaying is prohibited | \
        relaying prohibited | list of allowed rcpthosts | not relay | no relaying | \
        relay prohibited | insecure mail relay | relaying mail to | relay operation rejected | \
        not allowed to relay | relay not allowed | \
        mail server requires authentication when attempting to send to a non-local | \
        we do not relay | this system is not configured to relay mail | relay nicht",
    ),
    (
        Reason::AuthFailure,
        "unauthenticated email | dmarc | spf check | spf fail | spf validation | spf record | \
        spf: | spf error | spf softfail | (spf) | sender policy framework | bad spf | \
        dkim fail | dkim signature | dkim did not pass | dkim check | \
        authentication checks failed | authentication check failed | sender id (pra) | \
        senderid | failed authentication checks | did not pass authentication | \
        authentication information | not authorized to use the domain | \
        has been denied. authentication",
    ),
    (
        Reason::Policy,
        "due to policy restrictions | reject due to policy | rejected due to policy",
    ),
    (
        Reason::Rejected,
        "invalid dns mx | sender address has null mx | accept mail from you | sender blocked | \
        sender address rejected | sender address blocked | sender rejected | sender refused | \
        sender denied | sender verify failed | sender verification | sender address verif | \
        sender domain | sender address is invalid | invalid sender | bad sender | \
        sender unknown | unknown sender | sender not | sender is not | sender is spammer | \
        domain of sender | from: domain is invalid | valid from: | mail from * rejected | \
        mail from: * refused | from address | envelope sender | reverse-path | return path | \
        <> invalid sender | null sender | address * not allowed to send | not allowed to send | \
        not permitted to send | not authorized to send | no permission to send | \
        do not have permission | have permission to post | you are not allowed | \
        mail from not owned | senderdomain | sendernotauthenticated | \
        resolver.rst.authrequired | resolver.rst.notauthorized | domain * does not match | \
        delivery not authorized | unable to verify sender | could not verify sender | \
        cannot verify sender | recipient * not accept mail from you | restricted group | \
        only accepts mail from | accepts mail only from | emails from your domain | \
        email from your domain | posting permission | not a member | \
        nicht die erforderlichen berechtigungen | не маєте дозволу | mail server from which",
    ),
    (
        Reason::RateLimited,
        "too many connections | too many concurrent | too many recipients | rate limit | \
        ratelimit | rate that | too many messages | too many emails | too fast | throttl | \
        too many errors | too many invalid recipients | too many smtp sessions | \
        too many sessions | connection limit | exceeded the number of | exceeding the rate | \
        exceeded the rate | recipient limit | max number of messages | message rate | \
        too frequent | sending limit | sending quota | daily limit | hourly limit | \
        relay quota | daily quota",
    ),
    (Reason::Suspended, "due to inactivity | account inactivity"),
    (
        Reason::Blocked,
        "client host | blocked using | blocked by | is blocked | been blocked | blocked for | \
        blocked due | blocked because | blacklisted by | is blacklisted | been blacklisted | \
        black list | on our blacklist | blocklist | block list | blocked - see | rbl, | _rbl | \
        dnsbl | spamhaus | spamcop | sorbs | is listed in | is listed at | is listed on | \
        is listed by | listed in bl | listed in rbl | reverse dns | rdns | _ptr_ | ptr record | \
        no ptr | reverse lookup | reverse host | unverifyable sending | invalid ip for sending | \
        bad reputation | poor reputation | reputation | ip address rejected | your ip | \
        ip reject | ip block | from your network | from dynamic | dynamic ip | dial-up | \
        dialup | dynamic/residential | not accepting connections | refused to talk | \
        service refus | connection refused by | connection rejected | connections from | \
        connection dropped by | your server | your mail server | \
        please use the smtp server of your isp | helo | ehlo | adresse ip source | bloqu | \
        banned | denylist | access denied... | not allowed to connect | \
        no access from mail server | you are not authorized to connect | \
        message from * rejected | rejected * by * administrator | mail from this host | \
        mail from your | gesperrt | block for | bad dns",
    ),
    (
        Reason::HasMoved,
        "no longer on server | has moved | have moved | address has changed | address changed | \
        changed address | changed his address | has been replaced by | no forwarding address | \
        new address is | user has moved | moved permanently | address no longer in use | \
        neue adresse lautet",
    ),
    (
        Reason::NotAccepting,
        "null mx | nullmx | null-mx | does not accept mail | does not accept any mail | \
        does not accept email | does not accept incoming mail | doesn't accept mail | \
        no smtp service | doesn't receive email | does not receive mail | \
        does not receive email | domain does not accept | host does not accept | \
        not accepting mail for this domain | reject all mails | smtp disabled | \
        no mail service | we do not accept mail | mail protocol not supported | \
        domain has no mail exchangers | does not handle mail | has no mail server | \
        only sends mail",
    ),
    (
        Reason::HostUnknown,
        "unknown host | host unknown | find a mail exchanger | nonexistentdomain | \
        domainnonexistent | host not found | host name lookup failure | no such host | \
        no such domain | unknown domain | domain unknown | domain not found | \
        domain name not found | domain does not exist | domain doesn't exist | \
        domain is not valid | domain must exist | domain could not be found | \
        domain * not exist | account or domain may not exist | invalid domain | invalid host | \
        domain not valid | nxdomain | unrouteable mail domain | unrouteable domain | \
        unroutable mail domain | unroutable domain | all host address lookups failed | \
        non-existent hosts | nonexistent domain | non-existent domain | illegal host/domain | \
        bad destination host | bad destination system | recipient domain not | \
        recipient's domain not | recipient domain does | recipient domain must | \
        name or service not known | couldn't find any host | could not find any host | \
        cannot find a valid mx | no mx or a | no valid mx | no mx record | no valid hosts | \
        no a, aaaa or mx | mail domain mentioned in email address is unknown | hostunknown | \
        unknown mail domain | cannot resolve your domain | domain * could not be resolved | \
        dns: no mx | no route found to domain | domain isn't valid | \
        host or domain name not found | host nicht gefunden | \
        server for recipient domain not found | unable to find domain | can't find domain | \
        does not match any known domain",
    ),
    (
        Reason::UserUnknown,
        "user unknown | unknown user | user * unknown | user is unknown | user not found | \
        user * not found | no such user | no such person | no such recipient | no such mailbox | \
        no such address | no such local user | no such email | no such id | no such account | \
        no user by | no mailbox | no recipient | no account | no * user here | \
        no valid recipient | does not exist | do not exist | doesn't exist | did not exist | \
        not exist | not existing | nonexist | non-exist | non exist | invalid recipient | \
        recipient * invalid | recipient not found | recipient * not found | recipient unknown | \
        recipient * unknown | unknown recipient | recipient rejected | \
        recipient address rejected: access denied | recipient address rejected: undeliverable | \
        recipient address rejected: unverified | recipient address rejected: invalid | \
        recipient * does not appear | recipient is not | recipient not valid | recipient isn't | \
        recipients are not | recipient no longer | recipnotfound | recipientnotfound | \
        domino directory | domino-verzeichnis | annuaire domino | nicht erkannt | \
        recipient verification failed | rejected recipient | recipient verify failed | \
        mailbox not found | mailbox * not found | mailbox unknown | unknown mailbox | \
        unknown or invalid | invalid mailbox | bad mailbox | bad destination | \
        mailbox unavailable | mailbox is unavailable | mailbox not available | \
        mailbox does not | mailbox isn't | mailbox * does not | mailbox name not allowed | \
        unknown or illegal | address unknown | unknown address | address * unknown | \
        address is unknown | addressee unknown | unknown addressee | invalid address | \
        invalid email address | invalid e-mail | address * is not valid | address not valid | \
        address is invalid | address invalid | bad address | address not found | \
        address * not found | address is incorrect | address is not | \
        address could not be found | address couldn't be found | address no longer | \
        address you entered could* be found | \
        no longer accept | no longer valid | no longer available | no longer exist | \
        no longer active | no longer in use | no longer work | unrouteable address | \
        unroutable address | unrouteable | unknown local part | unknown local-part | \
        local part not | not a valid | not a known | not a local | not valid user | \
        not our customer | is not known | not known here | not known at this | is not a user | \
        isn't a user | not listed in | not in directory | not in the directory | \
        not in my control | unknown to | undeliverable address | name is not recognized | \
        name was not recognized | not recognized | not recognised | invalid user | \
        invalid * userid | invalid id | user invalid | user not known | user account * not | \
        user doesn't have | user does not have | doesn't have a | does not have an account | \
        user * cannot be found | could not be found | virtual alias table | \
        local recipient table | virtual mailbox table | relay recipient table | user lookup | \
        unknown account | account not found | account * not found | account unknown | \
        invalid account | not be found at | no final email delivery | \
        have a final email delivery point | account has been closed | account closed | \
        account deleted | has been deleted | deleted mailbox | expired mailbox | unknown alias | \
        this user | not active here | check the recipient | verify the recipient | \
        check the e-mail address | unknown distribution | utilisateur inconnu | \
        utilisateur invalide | destinataire invalide | destinataire inconnu | adresse inconnue | \
        n'existe pas | inexistant | unbekannter | unbekannt | existiert nicht | nicht gefunden | \
        kein gültiger | empfänger unbekannt | konnte nicht gefunden werden | \
        usuario desconocido | no existe | desconocid | destinatario no | usuário desconhecido | \
        não existe | inexistente | utente sconosciuto | sconosciuto | non esiste | non trovato | \
        non è stato trovato | non è stata trovata | kunde inte hittas | kunde inte hitta | \
        blev ikke fundet | ikke fundet | ble ikke funnet | nie można odnaleźć | nie znaleziono | \
        찾을 수 없 | kullanıcı bilinmiyor | bulunamadı | empfaenger unbekannt | server nicht bekannt | \
        nicht bekannt | niet gevonden | onbekend | bestaat niet | findes ikke | finns inte | nie istnieje | \
        nieznany | neexistuje | не найден | не существует | пользователь не | нет такого | \
        неизвестн | не існує | 存在しません | 見つかりません | 不明 | 不存在 | 없는 | 존재하지",
    ),
    (
        Reason::Suspended,
        "disabled | inactive | suspended | deactivated | discontinued | account expired | \
        account has expired | account is locked | account locked | mailbox locked | \
        mailbox is locked | account is not active | not active | is not available | \
        currently unavailable | temporarily locked | on hold | on vacation | mailbox frozen | \
        dormant | mailbox temporarily | boite archiv | archivee | deaktiviert | заблокирован | \
        retired",
    ),
    (
        Reason::Virus,
        "virus | infected | malware | worm | trojan | malicious",
    ),
    (
        Reason::Spam,
        "spam | ube, | unsolicited | junk | bulk mail | bulk email | content rejected | \
        content denied | considered unwanted | phish | suspicious | looks like | \
        message scored | high probability",
    ),
    (
        Reason::TooLarge,
        "too large | too big | size limit | message size | maximum size | exceeds size | \
        exceeds the maximum | exceeded maximum | maximum message size | file size | \
        size exceeds | mail size | larger than | recipsizelimit | oversize",
    ),
    (
        Reason::Content,
        "duplicate header | header | multiple addresses in from | rfc 5322 | rfc5322 | rfc 2822 | \
        rfc2822 | rfc 822 | not compliant | mime | attachment | 8bit | 8-bit | bare lf | \
        syntax error | illegal character | message format | malformed | content not allowed | \
        conversion | smtputf8 | charset | prohibited",
    ),
    (
        Reason::Policy,
        "policy | policies | not permitted | not allowed | forbidden | message rejected | \
        transaction failed | refused by local | denied by | access denied | aup# | denied",
    ),
    (
        Reason::Security,
        "starttls | _tls | encryption | authentication required | authentication is required | \
        certificate | ssl | authentication failed",
    ),
    (
        Reason::Deferred,
        "try again | try later | retry later | later | temporary | temporarily | temporär | \
        temporaire",
    ),
    (
        Reason::Expired,
        "expired | been in the queue too long | could not be delivered for | retry time | \
        retry timeout | retry limit | has not been collected | delivery time | giving up | \
        too old | undeliverable for | attempts | did not accept our requests",
    ),
    (
        Reason::Network,
        "too many hops | loop | hop count | connection refused | connection timed out | \
        timed out | timeout | connection reset | network | name service | name server | \
        no route | unreachable | not reachable | not responding | socket error | \
        lost connection | connect to | establish an smtp connection | unable to connect | \
        could not connect | cannot connect | dns | lookup | connection closed | connection to | \
        mail exchanger | reach",
    ),
    (
        Reason::SystemError,
        "system | service unavailable | service not available | server error | resources | \
        insufficient | mailer error | local configuration | internal error | i/o error | \
        cannot open | can't open | can't create | lock failure | procmail | maildrop | pipe | \
        command | unavailable | exit | local error | delivery error",
    ),
    // What Postfix puts before every refusal of a recipient, when nothing follows it.
    (Reason::UserUnknown, "address rejected"),
];

/// The first reason of the table whose words occur in a text made by `scan::plain`.
pub(super) fn reason_of(text: &str) -> Option<Reason> {
    if text.is_empty() {
        return None;
    }
    TABLE
        .iter()
        .find(|(_, patterns)| split(patterns).any(|pattern| occurs(text, &pattern)))
        .map(|(reason, _)| *reason)
}

/// The patterns of one row of a table.
pub(super) fn split(patterns: &str) -> impl Iterator<Item = Cow<'_, str>> {
    patterns.split('|').map(|pattern| {
        let pattern = pattern.trim();
        if pattern.contains('_') {
            Cow::Owned(pattern.replace('_', " "))
        } else {
            Cow::Borrowed(pattern)
        }
    })
}

/// Whether one of a row's patterns occurs in a text.
pub(super) fn any_in(text: &str, patterns: &str) -> bool {
    split(patterns).any(|pattern| text.contains(pattern.as_ref()))
}

/// Characters between the two halves of a pattern with a `*`: one clause.
const CLAUSE: usize = 90;

fn occurs(text: &str, pattern: &str) -> bool {
    let Some((first, second)) = pattern.split_once('*') else {
        return text.contains(pattern);
    };
    text.match_indices(first).take(20).any(|(at, _)| {
        let rest = text.get(at + first.len()..).unwrap_or_default();
        rest.find(second).is_some_and(|gap| gap <= CLAUSE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_of_a_pattern_stand_close() {
        assert!(occurs("mailbox of ann is full", "mailbox*is full"));
        let far = format!("mailbox {} is full", "x".repeat(200));
        assert!(!occurs(&far, "mailbox*is full"));
    }

    #[test]
    fn every_pattern_can_occur() {
        for (reason, patterns) in TABLE {
            for pattern in split(patterns) {
                assert_eq!(pattern, pattern.to_lowercase(), "{reason:?}");
                assert!(!pattern.is_empty() && !pattern.contains("  "), "{pattern}");
            }
        }
    }
}
