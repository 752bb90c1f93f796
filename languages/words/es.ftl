# Español.

view-in-browser = Ver en línea
read-more = Leer más
read-full-story = Leer el artículo completo
lead-story = En portada
top-stories = Lo más destacado
newest = Lo más reciente
more-stories = Más temas
topics = Temas
more-from = Más de { $brand }
by = Por { $name }
by-inline = por { $name }
all = Todo { $category }
sponsored-by = Patrocinado por { $name }
comma = { ", " }
colon = { ": " }
full-stop = .
edition-length = { $stories ->
    [one] { $stories } artículo
   *[other] { $stories } artículos
}, { $minutes ->
    [one] { $minutes } minuto de lectura
   *[other] { $minutes } minutos de lectura
}
reading-time = { $minutes } min de lectura
plus = Además: { $stories }
subject-without-headline = { $edition }, { $date }
good-morning = Buenos días.

change-preferences = Preferencias
unsubscribe = Darse de baja
forwarded = ¿Se lo han reenviado?
own-copy = Suscríbase
privacy = Privacidad
why = Recibe este correo porque { $address } se suscribió a «{ $list }» ({ $schedule }) el { $date }.

schedule-daily = todos los días a las { $time }
schedule-weekdays = de lunes a viernes a las { $time }
schedule-weekly = cada { $day } a las { $time }
schedule-days = { $days } a las { $time }

temperature-celsius = { $degrees } °C
temperature-fahrenheit = { $degrees } °F
sky-clear = despejado
sky-mainly-clear = mayormente despejado
sky-partly-cloudy = parcialmente nublado
sky-overcast = cubierto
sky-fog = niebla
sky-drizzle = llovizna
sky-freezing-drizzle = llovizna helada
sky-light-rain = lluvia ligera
sky-rain = lluvia
sky-heavy-rain = lluvia intensa
sky-freezing-rain = lluvia helada
sky-light-snow = nieve ligera
sky-snow = nieve
sky-heavy-snow = nevada intensa
sky-showers = chubascos
sky-snow-showers = chubascos de nieve
sky-thunderstorm = tormenta
sky-hail = tormenta con granizo

unsubscribe-title = ¿Darse de baja?
unsubscribe-text = «{ $list }» dejará de enviarse a { $address }.
unsubscribe-instead = ¿Demasiado a menudo, o no es lo que esperaba?
unsubscribed-title = Se ha dado de baja
unsubscribed-text = «{ $list }» ya no se envía a { $address }. Puede que aún llegue un número que ya esté en camino.
undo = Deshacer
preferences-title = Sus preferencias
preferences-for = Para { $address }
digests = Boletines
format = Formato
text-only = Solo texto
text-only-hint = En lugar del correo con diseño, sin imágenes.
uncounted = No contar mis aperturas ni mis clics
uncounted-hint = Los enlaces llevan directamente al artículo.
save = Guardar
archive = Todos los números
older = Anteriores
newer = Más recientes
feed = Canal RSS
lost-title = Este enlace no lleva a ninguna parte
lost-text = Quizá se cortó al reenviar o copiar el correo. No se ha cambiado nada. Abra el correo otra vez y pulse el enlace.
trouble-title = No ha funcionado en este momento
trouble-text = No se ha guardado nada. Inténtelo de nuevo en unos minutos.
nobody-title = No hay nada que cambiar
nobody-text = Este enlace no pertenece a nadie de la lista: llegó con un correo de prueba, o la dirección se borró. No se enviará nada más por él.
button-title = Ese no era un botón nuestro
button-text = No se ha cambiado nada. Abra el enlace de su correo y pulse el botón.
subscribed-again = Vuelve a estar suscrito.
still-unsubscribed = Se ha dado de baja: no se le envía nada. Lo que elija aquí contará si vuelve.
still-suppressed = No se envía nada a esta dirección: no funcionaba o un mensaje se marcó como no deseado. Escríbanos para volver a recibir correo.
choose-one = No se ha guardado nada: elija al menos un boletín, o dese de baja.
saved = Sus preferencias se han guardado.
email-address = Correo electrónico
first-name = Nombre
optional = opcional
sign-up = Suscribirse
sign-up-title = { $brand } por correo
sign-up-small = Enviamos un correo para confirmar. Puede darse de baja con una pulsación, cuando quiera.
latest-edition = La última edición
address-wrong = Revise la dirección de correo: es como nombre@example.org.
too-quick = Ha sido rápido. Pulse el botón una vez más.
inbox-title = Mire su buzón
inbox-text = Le hemos enviado un correo. Pulse el botón que lleva antes de 48 horas y ya está.
inbox-small = ¿No hay nada al cabo de unos minutos? Mire entre el correo no deseado. Pasada una hora puede volver a suscribirse.
confirm-page-title = Confirme su suscripción
confirm-page-text = { $list } se enviará a { $address }.
confirm = Confirmar
confirm-page-small = ¿No es usted? Cierre esta página y no se enviará nada.
confirmed-title = Ya está
confirmed-text = { $list } se envía desde ahora a { $address }.
expired-title = Este enlace ha caducado
expired-text = Los enlaces de confirmación duran 48 horas. Suscríbase otra vez y tendrá uno nuevo en un minuto.
busy-title = Un momento
busy-text = Recibimos más peticiones de las que podemos atender. No se ha guardado nada. Vuelva a intentarlo en unos minutos.
time-zone = Zona horaria
time-zone-usual = La de la redacción
language = Idioma de las páginas y cartas
language-usual = El de la publicación
everything = Todo
topics-hint = Desmarque «Todo» para recibir solo artículos de los temas marcados, y ningún correo los días en que no haya.
paused = Pausa de dos semanas
paused-hint = Hasta entonces no se envía nada.
paused-until = En pausa hasta el { $date }
your-data = Sus datos
download-data = Descargar todo lo que se guarda sobre mí
erase = Borrar todo lo que se guarda sobre mí
erase-hint = No se enviará nada más. No se puede deshacer.
erased-title = Sus datos se han borrado
erased-text = Queda una nota ilegible, para que nunca se escriba a esta dirección por error.

confirm-subject = Confirme su suscripción: { $list }
confirm-preheader = Un clic y el primer número estará en camino.
confirm-title = ¿Es esta su dirección?
confirm-text = Alguien, probablemente usted, ha pedido que «{ $list }» ({ $schedule }) se envíe a { $address }. Confírmelo para que sepamos que fue usted.
confirm-button = Sí, quiero recibirlo
confirm-ignore = Si no fue usted, no haga nada: sin esta confirmación no se envía ningún número, y la solicitud caduca en { $days ->
    [one] { $days } día
   *[other] { $days } días
}.
welcome-subject = Le damos la bienvenida a «{ $list }»
welcome-preheader = Cuándo llega y cómo cambiar de opinión.
welcome-title = Ya está dentro
welcome-text = «{ $list }» llegará a { $address } ({ $schedule }). El primer número está previsto para el { $date }.
welcome-button = Leer el último número
welcome-sender = Para que no acabe entre el correo no deseado, añada { $sender } a sus contactos.
welcome-why = Recibe este correo porque { $address } confirmó su suscripción a «{ $list }» el { $date }.
goodbye-subject = Ha dejado «{ $list }»
goodbye-preheader = No llegará nada más. Unas palabras por si fue un error.
goodbye-title = Se ha dado de baja
goodbye-text = «{ $list }» ya no se envía a { $address }. Puede que aún llegue un número que ya esté en camino.
goodbye-button = Volver a suscribirse
goodbye-mistake = ¿Fue un error? Un clic lo recupera, con las preferencias que tenía.
goodbye-why = Recibe este último correo porque { $address } se dio de baja de «{ $list }» el { $date }.
