//! Which mail service an address belongs to, for tables by service.

/// SQL that names the mail service of the subscriber `s`, by the end of the address: those that most readers
/// use, else `others`, also for nobody.
macro_rules! service_of {
    () => {
        "CASE
         WHEN s.address_key LIKE '%@gmail.com' OR s.address_key LIKE '%@googlemail.com' THEN 'Gmail'
         WHEN s.address_key LIKE '%@outlook.%' OR s.address_key LIKE '%@hotmail.%'
           OR s.address_key LIKE '%@live.%' OR s.address_key LIKE '%@msn.com' THEN 'Outlook.com'
         WHEN s.address_key LIKE '%@yahoo.%' OR s.address_key LIKE '%@ymail.com'
           OR s.address_key LIKE '%@aol.%' THEN 'Yahoo'
         WHEN s.address_key LIKE '%@icloud.com' OR s.address_key LIKE '%@me.com'
           OR s.address_key LIKE '%@mac.com' THEN 'iCloud'
         WHEN s.address_key LIKE '%@gmx.%' OR s.address_key LIKE '%@web.de' THEN 'GMX and WEB.DE'
         ELSE 'others' END"
    };
}

pub(crate) use service_of;
