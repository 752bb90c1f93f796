//! Phrases of notices written for people: how they begin, lead up to an address, delay, and end.
//! Lower case throughout, parted and written as in `patterns`.

/// Senders of notices.
pub(super) const SENDERS: &str = "mailer-daemon | mailerdaemon | mail daemon | maildaemon | mail-daemon | postmaster | \
    post.master | mail delivery | maildelivery | delivery subsystem | mail administrator | \
    mail system | system administrator | system attendant | mdaemon | jetmail | daemon@ | \
    bounce | administrator | microsoft exchange | internet mail delivery | mail router | \
    mail-router | virus-detector | ndr@ | no-reply@sns | undeliver | mxlogic | \
    delivery-notification | mailgun | sendgrid | nondeliv";

/// Subjects of notices.
pub(super) const SUBJECTS: &str = "undeliver | undelivered | not deliver | non deliver | non-deliver | nondeliver | \
    could not be delivered | couldn't be delivered | delivery fail | delivery error | \
    delivery problem | delivery status | delivery notification | delivery report | \
    delivery has failed | delivery has been failed | delivery delay | delivery attempt | \
    failed delivery | failure delivery | failure notice | failed mail | mail failure | \
    mail delivery | mail error | mail system error | mail rejected | message rejected | \
    message delayed | message delivery | returned mail | returned to sender | \
    returning message | return to sender | mail returned | returned message | \
    mail could not be | message you sent | nameserver error | error sending your mail | \
    error in delivery | warning: message | warning: could not send | permanent delivery | \
    unable to deliver | undeliverable | unzustellbar | nicht zugestellt | zustellung | \
    fehlgeschlagen | rückläufer | non remis | non-remis | non délivré | non distribué | échec | \
    echec | no se puede entregar | no se pudo entregar | no entregado | \
    no se ha podido entregar | mancato recapito | impossibile recapitare | teslim edilemedi | \
    fehlernotiz | olevererbar | non recapitabile | consegna non riuscita | \
    não é possível entregar | não entregue | falha na entrega | devolvid | onbestelbaar | \
    niet bezorgd | kan ikke leveres | kunde inte levereras | nie można dostarczyć | \
    niedostarcz | nedoručiteln | недостав | не доставлен | не удалось доставить | \
    невозможно доставить | 配信不能 | 配信でき | 送信でき | 未配信 | エラー通知 | 无法送达 | 退信 | 系统退信 | 無法傳遞 | 배달되지 | \
    bounce | user unknown | mail failed | message could not | address unknown | email delivery | \
    mail not delivered | message not delivered | status notification";

/// What the text of a notice says somewhere before the returned mail.
pub(super) const BODIES: &str = "could not be delivered | couldn't be delivered | can not be delivered | \
    cannot be delivered | can't be delivered | couldn't deliver | unable to deliver | \
    unable to be delivered | not able to deliver | wasn't able to deliver | wasn't delivered | \
    was not delivered | were not delivered | not be delivered | not been delivered | \
    not delivered to | failed to deliver | failed permanently | failed to reach | \
    did not reach | could not be reached | couldn't be reached | could not reach | \
    delivery to the following | delivery of your message | delivering your m | \
    error delivering | an error was detected | error occurred while trying to deliver | \
    permanent error | permanent fatal errors | fatal errors | transcript of session | \
    transcript of the session | is delayed for | has been delayed | message delayed | \
    non remis | n'a pas pu etre | n'a pas pu être | n'ont pas pu | undeliverable | \
    problem with the e-mail address | returned to sender | returned below | failure reasons | \
    delivery failure | delivery has failed | message has failed | failed address | \
    failed recipient | had trouble delivering | trouble delivering | rejected by | \
    was rejected | invalid final delivery | user mailbox exceeds | unknown user: | \
    user unknown: | following address | the following recipient | following recipients | \
    konnte nicht | konnten nicht | nicht zugestellt | nicht erreicht | no ha podido | \
    no se pudo | no se ha podido | non è stato possibile | non e' stato possibile | \
    impossibile recapitare | non può essere recapitato | teslim edilemedi | teslim başarısız | \
    konnte ich ihre nachricht | inte att leverera | mislykkedes | nie powiodło się | 배달하지 못 | \
    não pôde ser | não foi possível | kon niet | kunde inte | \
    nie można | не может быть доставлен | не было доставлено | не удалось | \
    error: invalid user | undelivered | bounced | 配信でき | 届け | 送信でき | 無法 | 无法 | 不能投递 | \
    error-for: | mail delivery failed | couldn't find | группа, с которой | may not exist | \
    delivery status notification | local delivery | did not like | the user(s) account is | \
    mail error | returned mail | addresses failed | address failed | cannot send mail to | \
    sent from your account | message was not accepted | couldn't be found | wasn't found";

/// Of these and of others what nobody writes who is only away.
pub(super) const FAILURES: &str = "could not be delivered | couldn't be delivered | can not be delivered | \
    cannot be delivered | can't be delivered | couldn't deliver | unable to deliver | \
    unable to be delivered | not able to deliver | wasn't able to deliver | wasn't delivered | \
    was not delivered | were not delivered | not be delivered | failed to deliver | failed permanently | \
    delivery to the following | following recipient | following address | error delivering | \
    permanent error | fatal errors | transcript of session | transcript of the session | \
    undeliverable | undelivered | returned to sender | returned below | returned mail | \
    delivery failure | delivery failed | delivery has failed | message has failed | failed recipient | \
    failed address | delivery status notification | user unknown | unknown user | no such user | \
    mailbox full | mailbox is full | over quota | was rejected | rejected by | \
    was not accepted | nicht zugestellt | unzustellbar | non remis | no se puede entregar | \
    no se ha podido entregar | impossibile recapitare | non recapitabile | onbestelbaar | \
    не может быть доставлен | не было доставлено | 配信でき | 送信でき | 退信 | 不能投递";

/// What is said of mail that is not given up.
pub(super) const DELAYS: &str = "has not yet been delivered | not yet been delivered | have not yet been delivered | \
    is delayed for | delivery attempts will continue | will continue to be made | \
    warning message only | will keep trying | temporary failure report | still undelivered | \
    no action is required on your part | recipients has been delayed | \
    recipient has been delayed | will be retried | keep trying to deliver | will try again for | \
    we will continue to try | gmail will retry | you do not need to resend | \
    delivery has been delayed | delivery is delayed | message delayed | delay reason | \
    noch nicht zugestellt | weitere zustellversuche | zustellung verzögert | verzögerte zustellung | \
    weiterhin versucht | weiter versucht, | zustellversuch wird wiederholt | \
    todavía no se ha podido | todavia no se ha podido | aún no se ha podido | aun no se ha podido | \
    seguirá intentando | seguira intentando | n'a pas encore été | n'a pas encore ete | \
    n'a pas encore pu | remise retardée | remise différée | de nouvelles tentatives | \
    non è ancora stato | non e' ancora stato | consegna ritardata | ulteriori tentativi | \
    ainda não foi | ainda nao foi | entrega atrasada | continuará tentando | nog niet bezorgd | \
    nog niet afgeleverd | bezorging vertraagd | пока не доставлено | ещё не доставлено | \
    еще не доставлено | доставка задерживается | попытки будут продолжены";

/// What is said of mail that arrived.
pub(super) const ARRIVALS: &str = "successfully delivered | successful delivery | successful mail delivery | \
    successfully relayed | delivered successfully | has been delivered to the following | \
    was delivered to the following | have been delivered to | has been delivered to | erfolgreich zugestellt | \
    remis avec succès | entregado correctamente | consegnato correttamente | entregue com sucesso";

/// What is said of mail that did not.
pub(super) const LOSSES: &str = "could not | couldn't | cannot | can't | unable | fail | undeliver | not be | not been | not deliver | \
    wasn't | was not | were not | reject | refused | unknown | returned | konnte | nicht | no se | n'a pas | \
    non è | não | retry | will try";

/// Phrases right before an address that failed.
pub(super) const LEADS: &str = "recipient: | recipients: | recipient address: | rcpt to: | error-for: | failed recipient: | \
    unable to deliver message to | unable to deliver to | unable to deliver mail to | \
    delivering your mail to | delivering your message to | could not be delivered to | \
    couldn't be delivered to | cannot be delivered to | delivered to | addressed to | \
    email address : | generated from | expanded from | delivery to | delivery userid: | \
    rejected recipient | for user | local mailbox | exceeds allowed size: | \
    failed to deliver to | mail to | message to | the user | unknown user: | unknown user | \
    user unknown: | invalid recipient | invalid address | no such user | address: | to address | \
    failed address: | sent to | intended for | deliver the message to | destination: | \
    destinataire | empfänger | destinatario | e-mail: | account | address | user | mailbox | \
    recipient | to:";

/// Phrases on lines whose address failed nobody.
pub(super) const ASIDES: &str = "contact | for assistance | for further | for help | for more information | if you have any | \
    questions | mail from: | envelope-from | envelope sender | message-id | message id | \
    reply-to | sender: | from: | sender is | sent by | x-postfix-sender | report this | \
    forward this | support | helpdesk | abuse@ | unsubscribe | cc:";

/// Openings of the line behind which the returned mail stands.
pub(super) const RETURNED: &str = "original message | copy of the message | copy of your message | copy of the original | \
    below this line is | enclosed is a copy | header of the original | message headers follow | \
    message header | headers of the | returned message | unsent message | returned mail | \
    start of returned | text of the message | text of message | header of the source | \
    source mail | message text | original mail | originalnachricht | ursprüngliche nachricht | \
    message d'origine | message original | mensaje original | messaggio originale | \
    mensagem original | oorspronkelijk bericht | исходное сообщение | 元のメッセージ | \
    message follows | copy of message | included is a copy | here is a copy | \
    here are the first | first part of the message | message contents follow | \
    undelivered message | the body of the message | end of message | rejected message | \
    end of error | message body";

/// Phrases of headings that look like `RETURNED` and are none.
pub(super) const HEADINGS: &str = "was received | transcript | following address | error detail | failure reason | diagnostic | \
    not delivered | technical | could not | error description | is delayed | cannot be | \
    was not | has not | delivery failed | did not | unable | identifier | mts-id";
