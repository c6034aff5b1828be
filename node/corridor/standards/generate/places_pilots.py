# ruff: noqa: RUF001 (names in the scripts of their countries)
"""More countries as the generator knows them: those of the pilots that `places` has not.

Rules: as in `places`; where a country writes in two languages, its names do too.
"""

from typing import Final

from corridor.standards.generate.place_values import Country, Office

_MA: Final = Country(
    code="MA",
    inland=(
        Office("MA000300", "Casablanca Port · الدار البيضاء الميناء"),
        Office("MA000412", "Oujda Ville · وجدة المدينة"),
        Office("MA000500", "Tanger Med · طنجة المتوسط"),
    ),
    frontier=(Office("MA000413", "Zouj Beghal · زوج بغال"), Office("MA000220", "Guerguerat")),
    guarantee=Office("MA000001", "Direction centrale, Rabat · الإدارة المركزية بالرباط"),
    towns=(("Casablanca", "20250"), ("أكادير", "80000"), ("Fès", "30000"), ("وجدة", "60000")),
    streets=("boulevard Mohammed V", "شارع الحسن الثاني", "avenue des Forces Armées Royales"),
    firms=("Société Atlas Transit S.A.R.L.", "تعاونية سوس للزيوت", "Rif Agrumes & Fils S.A."),
    people=("Fatima-Zahra El Idrissi", "عبد الرحمن أيت بلا", "Youssef Benjelloun"),
    plate="00000-0-00",
    phone="+21252255",
    currency="MAD",
    language="fr",
)

_DZ: Final = Country(
    code="DZ",
    inland=(Office("DZ013001", "Maghnia · مغنية"), Office("DZ031001", "Oran Port · ميناء وهران")),
    frontier=(Office("DZ013201", "Akid Lotfi · العقيد لطفي"), Office("DZ012501", "Oum Teboul")),
    guarantee=Office("DZ000001", "المديرية العامة للجمارك"),
    towns=(("مغنية", "13300"), ("Oran", "31000"), ("الجزائر", "16000"), ("Tlemcen", "13000")),
    streets=("نهج الأمير عبد القادر", "rue Larbi Ben M'hidi", "شارع ديدوش مراد"),
    firms=("مؤسسة التافنة للاستيراد ذ.م.م", "EURL Oranie Équipements", "شركة الهضاب للنقل"),
    people=("نورة بن يوسف", "Réda Benaïssa", "كريم بوعلام"),
    plate="00000-000-00",
    phone="+21341555",
    currency="DZD",
    language="ar",
)

_TN: Final = Country(
    code="TN",
    inland=(
        Office("TN000110", "Radès Port · رادس الميناء"),
        Office("TN000130", "La Goulette · حلق الوادي"),
    ),
    frontier=(Office("TN000720", "Ras Jedir · راس جدير"), Office("TN000210", "Melloula")),
    guarantee=Office("TN000001", "Direction générale, Tunis · الإدارة العامة بتونس"),
    towns=(("Radès", "2040"), ("سوسة", "4000"), ("Sfax", "3000"), ("تونس", "1000")),
    streets=("نهج الحبيب بورقيبة", "avenue de la République", "rue de Marseille"),
    firms=("Carthage Transit & Logistique S.A.", "شركة زيتونة الساحل", "Cap Bon Export S.A.R.L."),
    people=("Hédi Ben Achour", "آمنة الغربي", "Sélim Trabelsi"),
    plate="0000 000",
    phone="+21671555",
    currency="TND",
    language="fr",
)

_JO: Final = Country(
    code="JO",
    inland=(Office("JO000220", "جمرك عمّان"), Office("JO000230", "جمرك المنطقة الحرة/الزرقاء")),
    frontier=(Office("JO000400", "مركز جمرك العقبة"), Office("JO000310", "مركز حدود العمري")),
    guarantee=Office("JO000001", "دائرة الجمارك الأردنية"),
    towns=(("عمّان", "11194"), ("الزرقاء", "13110"), ("العقبة", "77110"), ("إربد", "21110")),
    streets=("شارع الملكة رانيا العبدالله", "شارع وصفي التل", "طريق المطار"),
    firms=("شركة البتراء للتجارة والتوزيع ذ.م.م", "مؤسسة الزرقاء للصناعات", "شركة وادي رم للنقل"),
    people=("لينا الخطيب", "خالد العبّادي", "رنا المجالي"),
    plate="00-00000",
    phone="+9626555",
    currency="JOD",
    language="ar",
)

_KG: Final = Country(
    code="KG",
    inland=(
        Office("KG417001", "Бишкек бажысы · Бишкекская таможня"),
        Office("KG417002", "Ош бажысы"),
    ),
    frontier=(
        Office("KG417031", "Торугарт автоунаа бажы посту"),
        Office("KG417032", "Эркечтам бажы посту"),
    ),
    guarantee=Office("KG417000", "Мамлекеттик бажы кызматы"),
    towns=(("Бишкек", "720001"), ("Ош", "723500"), ("Нарын", "722600"), ("Каракол", "722200")),
    streets=("Чүй проспектиси", "ул. Ленина", "Манас проспектиси", "ул. Токтогула"),
    firms=("«Ала-Тоо Транзит» ЖЧК", "ОсОО «Нарын Импорт-Экспорт»", "«Ысык-Көл Жемиш» ЖЧК"),
    people=("Айгүл Токтосунова", "Бакыт Жээнбеков", "Нурлан Өмүралиев"),
    plate="00 KG 000 AAA",
    phone="+99631255",
    currency="KGS",
    language="ru",
)

_CR: Final = Country(
    code="CR",
    inland=(Office("CR000001", "Aduana Central, San José"), Office("CR000005", "Aduana Limón")),
    frontier=(
        Office("CR000002", "Aduana Paso Canoas (CR)"),
        Office("CR000003", "Aduana Peñas Blancas"),
    ),
    guarantee=Office("CR000009", "Dirección General de Aduanas"),
    towns=(
        ("San José", "10104"),
        ("Limón", "70101"),
        ("Cañas", "50601"),
        ("Pérez Zeledón", "11901"),
    ),
    streets=("Avenida Central", "Calle 14, contiguo al Correo", "200 m norte de la Plaza Víquez"),
    firms=(
        "Transportes Irazú Centroamericana S.A.",
        "Cafetalera Tarrazú R.L.",
        "Piñas del Ñandú S.A.",
    ),
    people=("María José Quesada Núñez", "Óscar Güell Bermúdez", "Iván Muñoz Céspedes"),
    plate="C 000-000",
    phone="+50625555",
    currency="CRC",
    language="es",
)

_PA: Final = Country(
    code="PA",
    inland=(
        Office("PA000101", "Aduana Zona Norte, Zona Libre de Colón"),
        Office("PA000201", "Aduana Tocumen, Ciudad de Panamá"),
    ),
    frontier=(
        Office("PA000301", "Aduana Paso Canoas Internacional (PA)"),
        Office("PA000302", "Aduana Guabito"),
    ),
    guarantee=Office("PA000009", "Autoridad Nacional de Aduanas, Dirección de Garantías"),
    towns=(
        ("Ciudad de Panamá", "0819"),
        ("Colón", "0302"),
        ("David", "0426"),
        ("Changuinola", "0101"),
    ),
    streets=("Avenida Ricardo J. Alfaro", "Calle 15, Zona Libre", "Vía España"),
    firms=(
        "Importadora Darién, S.A.",
        "Depósitos Francos de Colón, S.A.",
        "Logística Istmeña, S.A.",
    ),
    people=("Yolanda Ibáñez Peña", "Ángel Muñoz de León", "Débora Ríos Castañeda"),
    plate="AA 0000",
    phone="+50726555",
    currency="USD",
    language="es",
)

MORE: Final = (_MA, _DZ, _TN, _JO, _KG, _CR, _PA)
