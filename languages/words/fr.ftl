# Français.

view-in-browser = Voir en ligne
read-more = Lire la suite
read-full-story = Lire l’article entier
lead-story = À la une
top-stories = Les plus importants
newest = Les plus récents
more-stories = Autres sujets
topics = Thèmes
more-from = Aussi sur { $brand }
by = Par { $name }
by-inline = par { $name }
all = Tout { $category }
sponsored-by = Contenu sponsorisé par { $name }
comma = { ", " }
colon = { " : " }
full-stop = .
edition-length = { $stories ->
    [one] { $stories } article
   *[other] { $stories } articles
}, { $minutes ->
    [one] { $minutes } minute de lecture
   *[other] { $minutes } minutes de lecture
}
reading-time = { $minutes } min de lecture
plus = Et aussi : { $stories }
subject-without-headline = { $edition }, { $date }
good-morning = Bonjour !

change-preferences = Mes préférences
unsubscribe = Se désabonner
forwarded = On vous l’a transféré ?
own-copy = Abonnez-vous
privacy = Confidentialité
why = Vous recevez cet e-mail parce que { $address } s’est inscrit à « { $list } » ({ $schedule }) le { $date }.

schedule-daily = tous les jours à { $time }
schedule-weekdays = du lundi au vendredi à { $time }
schedule-weekly = chaque { $day } à { $time }
schedule-days = { $days } à { $time }

temperature-celsius = { $degrees } °C
temperature-fahrenheit = { $degrees } °F
sky-clear = ciel dégagé
sky-mainly-clear = plutôt dégagé
sky-partly-cloudy = partiellement nuageux
sky-overcast = couvert
sky-fog = brouillard
sky-drizzle = bruine
sky-freezing-drizzle = bruine verglaçante
sky-light-rain = pluie faible
sky-rain = pluie
sky-heavy-rain = forte pluie
sky-freezing-rain = pluie verglaçante
sky-light-snow = neige faible
sky-snow = neige
sky-heavy-snow = fortes chutes de neige
sky-showers = averses
sky-snow-showers = averses de neige
sky-thunderstorm = orage
sky-hail = orage avec grêle

unsubscribe-title = Se désabonner ?
unsubscribe-text = « { $list } » ne sera plus envoyé à { $address }.
unsubscribe-instead = Trop souvent, ou pas ce que vous attendiez ?
unsubscribed-title = Vous êtes désabonné
unsubscribed-text = « { $list } » n’est plus envoyé à { $address }. Un numéro déjà parti peut encore arriver.
undo = Annuler
preferences-title = Vos préférences
preferences-for = Pour { $address }
digests = Lettres d’information
format = Format
text-only = Texte seul
text-only-hint = À la place de l’e-mail mis en page, sans images.
uncounted = Ne pas compter mes ouvertures ni mes clics
uncounted-hint = Les liens mènent directement à l’article.
save = Enregistrer
archive = Tous les numéros
older = Plus anciens
newer = Plus récents
feed = Flux RSS
lost-title = Ce lien ne mène nulle part
lost-text = Il a peut-être été coupé quand l’e-mail a été transféré ou copié. Rien n’a été modifié. Rouvrez l’e-mail et cliquez sur le lien.
trouble-title = Cela n’a pas fonctionné
trouble-text = Rien n’a été enregistré. Réessayez dans quelques minutes.
nobody-title = Il n’y a rien à modifier
nobody-text = Ce lien n’appartient à personne de la liste : il vient d’un e-mail d’essai, ou l’adresse a été effacée. Plus rien ne sera envoyé à cause de lui.
button-title = Ce n’était pas l’un de nos boutons
button-text = Rien n’a été modifié. Ouvrez le lien dans votre e-mail et appuyez sur le bouton.
subscribed-again = Vous êtes de nouveau abonné.
still-unsubscribed = Vous êtes désabonné : rien ne vous est envoyé. Ce que vous choisissez ici comptera si vous revenez.
still-suppressed = Rien n’est envoyé à cette adresse : elle ne fonctionnait pas ou un message a été signalé comme indésirable. Écrivez-nous pour recevoir de nouveau nos messages.
choose-one = Rien n’a été enregistré : choisissez au moins une lettre, ou désabonnez-vous.
saved = Vos préférences sont enregistrées.
email-address = Adresse e-mail
first-name = Prénom
optional = facultatif
sign-up = S’abonner
sign-up-title = { $brand } par e-mail
sign-up-small = Nous envoyons un e-mail de confirmation. Vous pouvez vous désabonner d’une seule pression, quand vous voulez.
latest-edition = Le dernier numéro
address-wrong = Vérifiez l’adresse e-mail : elle ressemble à nom@example.org.
too-quick = C’était rapide. Appuyez encore une fois sur le bouton.
inbox-title = Regardez dans votre boîte
inbox-text = Nous vous avons envoyé un e-mail. Appuyez sur son bouton dans les 48 heures, et c’est fait.
inbox-small = Rien après quelques minutes ? Regardez parmi les indésirables. Au bout d’une heure, vous pouvez recommencer.
confirm-page-title = Confirmez votre abonnement
confirm-page-text = { $list } sera envoyé à { $address }.
confirm = Confirmer
confirm-page-small = Ce n’est pas vous ? Fermez cette page, et rien ne sera envoyé.
confirmed-title = C’est fait
confirmed-text = { $list } est désormais envoyé à { $address }.
expired-title = Ce lien a expiré
expired-text = Les liens de confirmation durent 48 heures. Abonnez-vous de nouveau, et un autre arrivera dans la minute.
busy-title = Un instant
busy-text = Nous recevons plus de demandes que nous ne pouvons en traiter. Rien n’a été enregistré. Réessayez dans quelques minutes.
time-zone = Fuseau horaire
time-zone-usual = Celui de la rédaction
language = Langue des pages et des lettres
language-usual = Celle de la publication
everything = Tout
topics-hint = Décochez « Tout » pour ne recevoir que les articles des thèmes cochés, et aucun e-mail les jours sans.
paused = Faire une pause de deux semaines
paused-hint = Rien n’est envoyé d’ici là.
paused-until = En pause jusqu’au { $date }
your-data = Vos données
download-data = Télécharger tout ce qui est gardé sur moi
erase = Effacer tout ce qui est gardé sur moi
erase-hint = Plus rien ne sera envoyé. On ne peut pas revenir en arrière.
erased-title = Vos données sont effacées
erased-text = Il reste une note illisible, pour que rien ne parte à cette adresse par erreur.

confirm-subject = Merci de confirmer : { $list }
confirm-preheader = Un clic, et le premier numéro arrive.
confirm-title = Est-ce bien votre adresse ?
confirm-text = Quelqu’un, sans doute vous, a demandé que « { $list } » ({ $schedule }) soit envoyé à { $address }. Merci de confirmer que c’était bien vous.
confirm-button = Oui, envoyez-le-moi
confirm-ignore = Si ce n’était pas vous, ne faites rien : aucun numéro ne part sans cette confirmation, et la demande expire au bout de { $days ->
    [one] { $days } jour
   *[other] { $days } jours
}.
welcome-subject = Bienvenue dans « { $list } »
welcome-preheader = Quand il arrive, et comment changer d’avis.
welcome-title = C’est fait
welcome-text = « { $list } » arrivera à { $address } ({ $schedule }). Le premier numéro est prévu pour le { $date }.
welcome-button = Lire le dernier numéro
welcome-sender = Pour qu’il ne finisse pas dans les indésirables, ajoutez { $sender } à votre carnet d’adresses.
welcome-why = Vous recevez cet e-mail parce que { $address } a confirmé son abonnement à « { $list } » le { $date }.
goodbye-subject = Vous avez quitté « { $list } »
goodbye-preheader = Vous ne recevrez plus rien. Un mot, au cas où ce serait une erreur.
goodbye-title = Vous êtes désabonné
goodbye-text = « { $list } » n’est plus envoyé à { $address }. Un numéro déjà parti peut encore arriver.
goodbye-button = Se réabonner
goodbye-mistake = C’était une erreur ? Un clic rétablit l’abonnement, avec vos préférences.
goodbye-why = Vous recevez ce dernier e-mail parce que { $address } a été désabonné de « { $list } » le { $date }.
