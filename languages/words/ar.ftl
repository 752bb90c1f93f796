# العربية.

view-in-browser = عرض في المتصفح
read-more = اقرأ المزيد
read-full-story = اقرأ القصة كاملة
lead-story = القصة الرئيسية
top-stories = أبرز الأخبار
newest = الأحدث
more-stories = موضوعات أخرى
topics = مواضيع
more-from = المزيد من { $brand }
by = بقلم { $name }
by-inline = بقلم { $name }
all = كل أخبار { $category }
sponsored-by = برعاية { $name }
comma = { "، " }
colon = { ": " }
full-stop = .
edition-length = { $stories ->
    [zero] لا مقالات
    [one] مقال واحد
    [two] مقالان
    [few] { $stories } مقالات
    [many] { $stories } مقالاً
   *[other] { $stories } مقال
}، { $minutes ->
    [zero] أقل من دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $minutes } دقائق
    [many] { $minutes } دقيقة
   *[other] { $minutes } دقيقة
}
reading-time = { $minutes ->
    [zero] قراءة أقل من دقيقة
    [one] قراءة دقيقة واحدة
    [two] قراءة دقيقتين
    [few] قراءة { $minutes } دقائق
    [many] قراءة { $minutes } دقيقة
   *[other] قراءة { $minutes } دقيقة
}
plus = وأيضاً: { $stories }
subject-without-headline = { $edition }، { $date }
good-morning = صباح الخير.
hello = مرحبًا.

change-preferences = تعديل التفضيلات
unsubscribe = إلغاء الاشتراك
forwarded = وصلتك من صديق؟
own-copy = اشترك بنسختك
privacy = الخصوصية
why = تصلك هذه الرسالة لأن { $address } مشترك في «{ $list }» ({ $schedule }) منذ { $date }.

schedule-daily = يومياً الساعة { $time }
schedule-weekdays = من الاثنين إلى الجمعة الساعة { $time }
schedule-weekly = يوم { $day } من كل أسبوع الساعة { $time }
schedule-days = أيام { $days } الساعة { $time }

temperature-celsius = { $degrees } °C
temperature-fahrenheit = { $degrees } °F
sky-clear = صحو
sky-mainly-clear = صحو غالباً
sky-partly-cloudy = غائم جزئياً
sky-overcast = غائم
sky-fog = ضباب
sky-drizzle = رذاذ
sky-freezing-drizzle = رذاذ متجمد
sky-light-rain = مطر خفيف
sky-rain = مطر
sky-heavy-rain = مطر غزير
sky-freezing-rain = مطر متجمد
sky-light-snow = ثلج خفيف
sky-snow = ثلج
sky-heavy-snow = ثلج كثيف
sky-showers = زخات مطر
sky-snow-showers = زخات ثلج
sky-thunderstorm = عاصفة رعدية
sky-hail = عاصفة رعدية مع برَد

unsubscribe-title = إلغاء الاشتراك؟
unsubscribe-text = لن تصل «{ $list }» بعد الآن إلى { $address }.
unsubscribe-instead = تصلك كثيراً، أو ليست ما توقعت؟
unsubscribed-title = أُلغي اشتراكك
unsubscribed-text = لم تعد «{ $list }» تصل إلى { $address }. قد يصل عدد كان في طريقه إليك.
undo = تراجع
preferences-title = تفضيلاتك
preferences-for = تفضيلات { $address }
digests = النشرات
format = الشكل
text-only = نص فقط
text-only-hint = بدل الرسالة المصممة، من دون صور.
uncounted = لا تحسبوا فتحي للرسائل ونقراتي
uncounted-hint = تقود الروابط مباشرة إلى المقال.
save = حفظ
archive = كل الأعداد
older = الأقدم
newer = الأحدث
feed = خلاصة RSS
lost-title = هذا الرابط لا يقود إلى شيء
lost-text = ربما قُطع عند إعادة توجيه الرسالة أو نسخها. لم يتغير شيء. افتح الرسالة مرة أخرى واضغط الرابط فيها.
trouble-title = لم ينجح ذلك الآن
trouble-text = لم يُحفظ شيء. يرجى المحاولة بعد بضع دقائق.
nobody-title = لا شيء لتغييره
nobody-text = هذا الرابط لا يخص أحداً في القائمة: جاء مع رسالة تجريبية، أو مُحي العنوان. لن يُرسل شيء بسببه.
button-title = لم يكن ذلك أحد أزرارنا
button-text = لم يتغير شيء. افتح الرابط في رسالتك واضغط الزر هناك.
subscribed-again = عاد اشتراكك.
still-unsubscribed = أُلغي اشتراكك ولا يُرسل إليك شيء. ما تختاره هنا يسري إن عدت.
still-suppressed = أُوقف الإرسال إلى هذا العنوان: لم يكن يعمل أو أُبلغ عن رسالة كبريد مزعج. راسلنا لتصلك الرسائل من جديد.
choose-one = لم يُحفظ شيء: اختر نشرة واحدة على الأقل، أو ألغِ الاشتراك.
saved = حُفظت تفضيلاتك.
email-address = البريد الإلكتروني
first-name = الاسم الأول
optional = اختياري
sign-up = اشترك
sign-up-title = { $brand } عبر البريد
sign-up-small = نرسل رسالة واحدة للتأكيد. يمكنك إلغاء الاشتراك بضغطة واحدة متى شئت.
latest-edition = أحدث عدد
address-wrong = تحقق من البريد الإلكتروني: يكون على شكل name@example.org.
too-quick = كان ذلك سريعاً. اضغط الزر مرة أخرى.
inbox-title = تحقق من بريدك
inbox-text = أرسلنا إليك رسالة. اضغط الزر الذي فيها خلال 48 ساعة ليكتمل اشتراكك.
inbox-small = لم يصل شيء بعد بضع دقائق؟ ابحث في البريد غير المرغوب فيه. يمكنك الاشتراك من جديد بعد ساعة.
confirm-page-title = تأكيد الاشتراك
confirm-page-text = ستصل { $list } إلى { $address }.
confirm = تأكيد
confirm-page-small = لست أنت؟ أغلق هذه الصفحة ولن يُرسل شيء.
confirmed-title = اكتمل اشتراكك
confirmed-text = تصل { $list } إلى { $address } من الآن.
expired-title = انتهت صلاحية هذا الرابط
expired-text = تدوم روابط التأكيد 48 ساعة. اشترك من جديد وسيصلك رابط آخر خلال دقيقة.
busy-title = لحظة من فضلك
busy-text = تصلنا طلبات أكثر مما نستطيع الرد عليه. لم يُحفظ شيء. حاول بعد بضع دقائق.
time-zone = المنطقة الزمنية
time-zone-usual = توقيت هيئة التحرير
language = لغة الصفحات والرسائل
language-usual = لغة النشرة
everything = كل المواضيع
topics-hint = أزل علامة «كل المواضيع» لتصلك مقالات المواضيع المختارة فقط، ولا تصلك رسالة في الأيام التي تخلو منها.
paused = توقف لأسبوعين
paused-hint = لن يُرسل شيء حتى ذلك الحين.
paused-until = متوقف حتى { $date }
your-data = بياناتك
download-data = تنزيل كل ما يُحفظ عني
erase = حذف كل ما يُحفظ عني
erase-hint = لن يُرسل شيء بعد ذلك. لا يمكن التراجع عن هذا.
erased-title = حُذفت بياناتك
erased-text = لم يبق سوى ملاحظة مبهمة حتى لا يُراسل هذا العنوان خطأً.
stay-page-title = هل ما زلت تقرأ؟
stay-page-text = تصل «{ $list }» إلى { $address }. ضغطة واحدة وتستمر.
stay = واصلوا الإرسال
stayed-title = سرّنا أن نعرف
stayed-text = تستمر «{ $list }» في الوصول إلى { $address }.
paused-quiet = متوقف لأنه لم يُفتح شيء ولم يُضغط على شيء منذ مدة طويلة. أزل العلامة ليصلك من جديد.

confirm-subject = يرجى التأكيد: { $list }
confirm-preheader = ضغطة واحدة ويصلك العدد الأول.
confirm-title = هل هذا عنوانك؟
confirm-text = طلب أحدهم، وهو أنت على الأرجح، إرسال «{ $list }» ({ $schedule }) إلى { $address }. يرجى التأكيد لنعرف أنك صاحب الطلب.
confirm-button = نعم، أرسلوها إليّ
confirm-ignore = إن لم يكن الطلب منك فلا تفعل شيئاً: لا يُرسل أي عدد من دون هذا التأكيد، وينتهي الطلب بعد { $days ->
    [zero] أقل من يوم
    [one] يوم واحد
    [two] يومين
    [few] { $days } أيام
    [many] { $days } يوماً
   *[other] { $days } يوم
}.
welcome-subject = أهلاً بك في «{ $list }»
welcome-preheader = متى تصلك، وكيف تغيّر رأيك.
welcome-title = تم اشتراكك
welcome-text = ستصل «{ $list }» إلى { $address } ({ $schedule }). موعد العدد الأول { $date }.
welcome-button = اقرأ أحدث عدد
welcome-sender = كي لا تقع في البريد المزعج، أضف { $sender } إلى جهات اتصالك.
welcome-why = تصلك هذه الرسالة لأن { $address } أكّد الاشتراك في «{ $list }» بتاريخ { $date }.
goodbye-subject = غادرت «{ $list }»
goodbye-preheader = لن يصلك المزيد. كلمة إن كان ذلك خطأ.
goodbye-title = أُلغي اشتراكك
goodbye-text = لم تعد «{ $list }» تصل إلى { $address }. قد يصل عدد كان في طريقه إليك.
goodbye-button = اشترك من جديد
goodbye-mistake = لم تقصد المغادرة؟ ضغطة واحدة تعيد الاشتراك مع تفضيلاتك السابقة.
goodbye-why = تصلك هذه الرسالة الأخيرة لأن اشتراك { $address } في «{ $list }» أُلغي بتاريخ { $date }.
still-there-subject = هل ما زلت تقرأ «{ $list }»؟
still-there-preheader = ضغطة واحدة وتستمر.
still-there-title = هل من أحد هنا؟
still-there-text = تصل «{ $list }» إلى { $address }، ومنذ مدة طويلة لا نرى ضغطة ولا صورة مفتوحة. كثيرون يقرؤون من دون هذا ولا ذاك. إن كنت منهم فاضغط الزر.
still-there-button = نعم، واصلوا الإرسال
still-there-pause = إن لم يصلنا شيء حتى { $date } فسنوقف الإرسال. لن يضيع شيء: يمكنك استعادته من تفضيلاتك في أي وقت.
still-there-leave = إن كنت لا تريد المزيد فألغِ الاشتراك في الأسفل.
still-there-why = تصلك هذه الرسالة لأن { $address } مشترك في «{ $list }».
