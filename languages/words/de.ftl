# Deutsch.

view-in-browser = Im Browser ansehen
read-more = Weiterlesen
read-full-story = Ganzen Artikel lesen
lead-story = Aufmacher
top-stories = Top-Themen
newest = Neueste Meldungen
more-stories = Weitere Themen
topics = Themen
more-from = Mehr von { $brand }
by = Von { $name }
by-inline = von { $name }
all = Alles aus { $category }
sponsored-by = Anzeige von { $name }
comma = { ", " }
colon = { ": " }
full-stop = .
edition-length = { $stories ->
    [one] { $stories } Artikel
   *[other] { $stories } Artikel
}, { $minutes ->
    [one] eine Minute Lesezeit
   *[other] { $minutes } Minuten Lesezeit
}
reading-time = { $minutes } Min. Lesezeit
plus = Außerdem: { $stories }
subject-without-headline = { $edition }, { $date }
good-morning = Guten Morgen!

change-preferences = Einstellungen
unsubscribe = Abbestellen
forwarded = Weitergeleitet bekommen?
own-copy = Selbst abonnieren
privacy = Datenschutz
why = Sie erhalten diese E-Mail, weil { $address } am { $date } für „{ $list }“ ({ $schedule }) angemeldet wurde.

schedule-daily = täglich um { $time } Uhr
schedule-weekdays = werktags um { $time } Uhr
schedule-weekly = jeden { $day } um { $time } Uhr
schedule-days = { $days } um { $time } Uhr

temperature-celsius = { $degrees } °C
temperature-fahrenheit = { $degrees } °F
sky-clear = klar
sky-mainly-clear = meist klar
sky-partly-cloudy = leicht bewölkt
sky-overcast = bedeckt
sky-fog = Nebel
sky-drizzle = Nieselregen
sky-freezing-drizzle = gefrierender Nieselregen
sky-light-rain = leichter Regen
sky-rain = Regen
sky-heavy-rain = starker Regen
sky-freezing-rain = gefrierender Regen
sky-light-snow = leichter Schneefall
sky-snow = Schneefall
sky-heavy-snow = starker Schneefall
sky-showers = Schauer
sky-snow-showers = Schneeschauer
sky-thunderstorm = Gewitter
sky-hail = Gewitter mit Hagel

unsubscribe-title = Abbestellen?
unsubscribe-text = „{ $list }“ geht dann nicht mehr an { $address }.
unsubscribe-instead = Zu oft, oder nicht das Erwartete?
unsubscribed-title = Sie sind abgemeldet
unsubscribed-text = „{ $list }“ geht nicht mehr an { $address }. Eine Ausgabe, die schon unterwegs ist, kann noch ankommen.
undo = Rückgängig machen
preferences-title = Ihre Einstellungen
preferences-for = Für { $address }
digests = Newsletter
format = Format
text-only = Nur Text
text-only-hint = Statt der gestalteten E-Mail, ohne Bilder.
uncounted = Meine Öffnungen und Klicks nicht zählen
uncounted-hint = Links führen direkt zum Artikel.
save = Speichern
archive = Alle Ausgaben
older = Ältere
newer = Neuere
feed = RSS-Feed
lost-title = Dieser Link führt nirgendwohin
lost-text = Vielleicht wurde er beim Weiterleiten oder Kopieren abgeschnitten. Es wurde nichts geändert. Öffnen Sie die E-Mail noch einmal und klicken Sie dort auf den Link.
trouble-title = Das hat gerade nicht geklappt
trouble-text = Es wurde nichts gespeichert. Bitte versuchen Sie es in ein paar Minuten noch einmal.
nobody-title = Hier gibt es nichts zu ändern
nobody-text = Dieser Link gehört zu niemandem auf der Liste: Er kam mit einer Test-E-Mail, oder die Adresse wurde gelöscht. Seinetwegen wird nichts mehr verschickt.
button-title = Das war keiner unserer Knöpfe
button-text = Es wurde nichts geändert. Öffnen Sie den Link in Ihrer E-Mail und drücken Sie dort den Knopf.
subscribed-again = Sie sind wieder angemeldet.
still-unsubscribed = Sie sind abgemeldet: Es wird nichts an Sie verschickt. Was Sie hier wählen, gilt, falls Sie wiederkommen.
still-suppressed = An diese Adresse wird nichts verschickt: Sie funktionierte nicht, oder eine Mail wurde als Spam gemeldet. Schreiben Sie uns, wenn Sie wieder Post möchten.
choose-one = Es wurde nichts gespeichert: Wählen Sie mindestens einen Newsletter, oder bestellen Sie ab.
saved = Ihre Einstellungen sind gespeichert.
email-address = E-Mail-Adresse
first-name = Vorname
optional = freiwillig
sign-up = Anmelden
sign-up-title = { $brand } per E-Mail
sign-up-small = Wir schicken eine E-Mail zur Bestätigung. Abbestellen können Sie jederzeit mit einem Druck.
latest-edition = Die neueste Ausgabe
address-wrong = Bitte prüfen Sie die E-Mail-Adresse: Sie sieht aus wie name@example.org.
too-quick = Das ging schnell. Bitte drücken Sie noch einmal auf den Knopf.
inbox-title = Sehen Sie in Ihr Postfach
inbox-text = Wir haben Ihnen eine E-Mail geschickt. Drücken Sie innerhalb von 48 Stunden auf den Knopf darin, und Sie sind dabei.
inbox-small = Nach ein paar Minuten ist nichts da? Sehen Sie im Spam-Ordner nach. Nach einer Stunde können Sie sich noch einmal anmelden.
confirm-page-title = Anmeldung bestätigen
confirm-page-text = { $list } geht an { $address }.
confirm = Bestätigen
confirm-page-small = Das sind nicht Sie? Schließen Sie diese Seite, und es wird nichts geschickt.
confirmed-title = Sie sind dabei
confirmed-text = { $list } geht ab jetzt an { $address }.
expired-title = Dieser Link ist abgelaufen
expired-text = Links zur Bestätigung gelten 48 Stunden. Melden Sie sich noch einmal an, und in einer Minute ist ein neuer in Ihrem Postfach.
busy-title = Einen Moment, bitte
busy-text = Es kommen gerade mehr Anfragen, als wir beantworten können. Nichts wurde gespeichert. Bitte versuchen Sie es in ein paar Minuten noch einmal.
time-zone = Zeitzone
time-zone-usual = Wie die Redaktion es verschickt
language = Sprache der Seiten und Briefe
language-usual = Wie die Publikation
everything = Alles
topics-hint = Ohne Haken bei „Alles“ kommen nur Artikel der gewählten Themen, und an Tagen ohne solche keine E-Mail.
paused = Zwei Wochen Pause
paused-hint = Bis dahin wird nichts geschickt.
paused-until = Pause bis { $date }
your-data = Ihre Daten
download-data = Alles herunterladen, was über mich gespeichert ist
erase = Alles löschen, was über mich gespeichert ist
erase-hint = Es wird nichts mehr geschickt. Das lässt sich nicht rückgängig machen.
erased-title = Ihre Daten sind gelöscht
erased-text = Geblieben ist ein unlesbarer Vermerk, damit an diese Adresse nie aus Versehen etwas geht.

confirm-subject = Bitte bestätigen: { $list }
confirm-preheader = Ein Klick, und die erste Ausgabe kommt.
confirm-title = Ist das Ihre Adresse?
confirm-text = Jemand, vermutlich Sie selbst, möchte „{ $list }“ ({ $schedule }) an { $address } bekommen. Bitte bestätigen Sie das, damit wir wissen, dass Sie es waren.
confirm-button = Ja, bitte zusenden
confirm-ignore = Wenn Sie es nicht waren, tun Sie nichts: Ohne diese Bestätigung wird nichts verschickt, und die Anfrage verfällt nach { $days ->
    [one] einem Tag
   *[other] { $days } Tagen
}.
welcome-subject = Willkommen bei „{ $list }“
welcome-preheader = Wann die Ausgaben kommen und wie Sie es sich anders überlegen können.
welcome-title = Sie sind dabei
welcome-text = „{ $list }“ kommt an { $address } ({ $schedule }). Die erste Ausgabe erscheint am { $date }.
welcome-button = Neueste Ausgabe lesen
welcome-sender = Damit sie nicht im Spam landet, nehmen Sie { $sender } in Ihr Adressbuch auf.
welcome-why = Sie erhalten diese E-Mail, weil { $address } das Abonnement von „{ $list }“ am { $date } bestätigt hat.
goodbye-subject = Sie haben „{ $list }“ abbestellt
goodbye-preheader = Es kommt nichts mehr. Ein Wort für den Fall, dass es ein Versehen war.
goodbye-title = Sie sind abgemeldet
goodbye-text = „{ $list }“ geht nicht mehr an { $address }. Eine Ausgabe, die schon unterwegs ist, kann noch ankommen.
goodbye-button = Wieder abonnieren
goodbye-mistake = Ein Versehen? Ein Klick holt das Abonnement zurück, mit Ihren bisherigen Einstellungen.
goodbye-why = Sie erhalten diese letzte E-Mail, weil { $address } am { $date } von „{ $list }“ abgemeldet wurde.
