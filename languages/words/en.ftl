# English. Every message is a whole phrase or sentence; "$name" marks a gap and may stand anywhere.
# Numbers come as numbers: write them "{ $count }" and choose by them where the language has plurals.

## The edition

view-in-browser = View in browser
read-more = Read more
read-full-story = Read the full story
lead-story = Lead story
top-stories = Top stories
newest = Newest
more-stories = More stories
topics = Topics
more-from = More from { $brand }
# At the start of a line, and in the middle of one.
by = By { $name }
by-inline = by { $name }
# The link to all stories of a category.
all = All { $category }
sponsored-by = Sponsored by { $name }
# Between two things in a row, and at the end of a sentence.
comma = { ", " }
colon = { ": " }
full-stop = .
edition-length = { $stories ->
    [one] { $stories } story
   *[other] { $stories } stories
}, { $minutes ->
    [1] a one-minute read
    [8] an { $minutes }-minute read
    [11] an { $minutes }-minute read
    [18] an { $minutes }-minute read
   *[other] a { $minutes }-minute read
}
reading-time = { $minutes } min read
# The preview line; the stories are a list, the full stop comes after.
plus = Plus: { $stories }
subject-without-headline = { $edition }, { $date }
good-morning = Good morning.
hello = Hello.

## The footer

change-preferences = Change preferences
unsubscribe = Unsubscribe
forwarded = Forwarded to you?
own-copy = Get your own copy
privacy = Privacy
why = You get this email because { $address } signed up for the { $bare } ({ $schedule }) on { $date }.

## When an edition comes: stands in brackets

schedule-daily = every day at { $time }
schedule-weekdays = weekdays at { $time }
schedule-weekly = every { $day } at { $time }
schedule-days = on { $days } at { $time }

## The weather

temperature-celsius = { $degrees } °C
temperature-fahrenheit = { $degrees } °F
sky-clear = clear
sky-mainly-clear = mostly clear
sky-partly-cloudy = partly cloudy
sky-overcast = overcast
sky-fog = fog
sky-drizzle = drizzle
sky-freezing-drizzle = freezing drizzle
sky-light-rain = light rain
sky-rain = rain
sky-heavy-rain = heavy rain
sky-freezing-rain = freezing rain
sky-light-snow = light snow
sky-snow = snow
sky-heavy-snow = heavy snow
sky-showers = showers
sky-snow-showers = snow showers
sky-thunderstorm = thunderstorm
sky-hail = thunderstorm with hail

## Pages

unsubscribe-title = Unsubscribe?
unsubscribe-text = { $list } will stop going to { $address }.
unsubscribe-instead = Too often, or not what you expected?
unsubscribed-title = You are unsubscribed
unsubscribed-text = { $list } no longer goes to { $address }. One that is already on its way may still arrive.
undo = Undo
preferences-title = Your preferences
preferences-for = For { $address }
digests = Digests
format = Format
text-only = Plain text
text-only-hint = Instead of the designed mail, without pictures.
uncounted = Do not count my opens and clicks
uncounted-hint = Links go straight to the article.
save = Save
archive = All editions
older = Older
newer = Newer
feed = RSS feed
lost-title = This link leads nowhere
lost-text = It may have been cut when the mail was forwarded or copied. Nothing was changed. Open the mail again and press the link there.
trouble-title = This did not work just now
trouble-text = Nothing was saved. Please try again in a few minutes.
nobody-title = There is nothing to change
nobody-text = This link belongs to nobody on the list: it came with a test mail, or the address was erased. Nothing more will be sent because of it.
button-title = That was not a button of ours
button-text = Nothing was changed. Open the link in your mail and press the button there.
subscribed-again = You are subscribed again.
still-unsubscribed = You are unsubscribed: nothing is sent to you. What you choose here counts if you come back.
still-suppressed = Mail to this address is stopped: the address did not work or a mail was reported as spam. To get mail again, write to us.
choose-one = Nothing was saved: choose at least one digest, or unsubscribe.
saved = Your preferences are saved.
email-address = Email address
first-name = First name
optional = optional
sign-up = Sign up
sign-up-title = { $brand } by email
sign-up-small = We send one email to confirm. You can leave with one press, whenever you like.
latest-edition = The latest edition
address-wrong = Please check the email address: it looks like name@example.org.
too-quick = That was quick. Please press the button once more.
inbox-title = Check your inbox
inbox-text = We sent you an email. Press the button in it within 48 hours, and you are in.
inbox-small = Nothing there after a few minutes? Look among the junk. After an hour you can sign up again.
confirm-page-title = Confirm your subscription
confirm-page-text = { $list } will come to { $address }.
confirm = Confirm
confirm-page-small = Not you? Close this page, and nothing will be sent.
confirmed-title = You are in
confirmed-text = { $list } comes to { $address } from now on.
expired-title = This link has expired
expired-text = Confirmation links last 48 hours. Sign up again, and a fresh one will be in your inbox in a minute.
busy-title = Give us a minute
busy-text = We are getting more requests than we can answer. Nothing was saved. Please try again in a few minutes.
time-zone = Time zone
time-zone-usual = As the editors send it
language = Language of pages and letters
language-usual = As the publication
everything = Everything
topics-hint = Untick “Everything” to get stories of the ticked topics only, and no email on days without any.
paused = Pause for two weeks
paused-hint = Nothing is sent until then.
paused-until = Paused until { $date }
your-data = Your data
download-data = Download everything you hold about me
erase = Delete everything you hold about me
erase-hint = Nothing will be sent any more. This cannot be taken back.
erased-title = Your data are deleted
erased-text = What is left is a scrambled note, so that this address is never mailed by mistake.
stay-page-title = Still reading?
stay-page-text = { $list } goes to { $address }. One press, and it keeps coming.
stay = Keep it coming
stayed-title = Good to know
stayed-text = { $list } keeps coming to { $address }.
paused-quiet = Paused, because nothing was opened or clicked for a long time. Untick to get it again.

## Mails about the subscription

confirm-subject = Please confirm: { $list }
confirm-preheader = One press, and the first one is on its way.
confirm-title = Is this your address?
confirm-text = Somebody, most likely you, asked for the { $bare } ({ $schedule }) to be sent to { $address }. Please confirm, so that we know it was you.
confirm-button = Yes, send it to me
confirm-ignore = If it was not you, do nothing: no edition is sent without this confirmation, and the request expires after { $days ->
    [one] { $days } day
   *[other] { $days } days
}.
welcome-subject = Welcome to the { $bare }
welcome-preheader = When it comes, and how to change your mind.
welcome-title = You are in
welcome-text = The { $bare } will come to { $address } ({ $schedule }). The first one is due on { $date }.
welcome-button = Read the latest edition
welcome-sender = So that it does not land among the junk, add { $sender } to your address book.
welcome-why = You get this email because { $address } confirmed the { $bare } on { $date }.
goodbye-subject = You have left the { $bare }
goodbye-preheader = Nothing more will come. A word in case it was a mistake.
goodbye-title = You are unsubscribed
goodbye-text = The { $bare } no longer goes to { $address }. One that is already on its way may still arrive.
goodbye-button = Subscribe again
goodbye-mistake = Did not mean to leave? One press brings it back, with the preferences you had.
goodbye-why = You get this one last email because { $address } was unsubscribed from the { $bare } on { $date }.
still-there-subject = Still reading the { $bare }?
still-there-preheader = One press, and it keeps coming.
still-there-title = Is anybody there?
still-there-text = The { $bare } goes to { $address }, and for a long time we have seen neither a click nor an opened picture. Many read without either. If you are one of them, press the button.
still-there-button = Yes, keep it coming
still-there-pause = If we hear nothing by { $date }, we pause it. Nothing is lost: your preferences bring it back at any time.
still-there-leave = If you would rather not get it any more, unsubscribe below.
still-there-why = You get this email because { $address } is subscribed to the { $bare }.
