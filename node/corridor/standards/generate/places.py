# ruff: noqa: RUF001 (names in the scripts of their countries)
"""Countries as the generator knows them: offices, towns, firms, plates, in their own scripts.

Rules:

* office references have the form of the customs office list (country and six characters); firms,
  persons and streets are invented;
* names stay in the script of the country, so that every part of the system meets Georgian,
  Cyrillic, Arabic and Greek letters from the first test on;
* a country without an entry gets plain offices and names made from its code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from corridor.standards.generate.place_values import Country as Country  # noqa: PLC0414 (an export)
from corridor.standards.generate.place_values import Office as Office  # noqa: PLC0414 (an export)
from corridor.standards.generate.places_pilots import MORE

_TR: Final = Country(
    code="TR",
    inland=(
        Office("TR341300", "HALKALI GÜMRÜK MÜDÜRLÜĞÜ"),
        Office("TR061600", "ANKARA GÜMRÜK MÜDÜRLÜĞÜ"),
        Office("TR160100", "BURSA GÜMRÜK MÜDÜRLÜĞÜ"),
        Office("TR041700", "ERZURUM GÜMRÜK MÜDÜRLÜĞÜ"),
    ),
    frontier=(
        Office("TR080200", "SARP GÜMRÜK MÜDÜRLÜĞÜ"),
        Office("TR080400", "TÜRKGÖZÜ GÜMRÜK MÜDÜRLÜĞÜ"),
    ),
    guarantee=Office("TR000400", "Gümrükler Genel Müdürlüğü"),
    towns=(
        ("İstanbul", "34303"),
        ("Ankara", "06510"),
        ("Bursa", "16120"),
        ("Gaziantep", "27060"),
        ("Trabzon", "61040"),
    ),
    streets=("Barbaros Bulvarı", "Cumhuriyet Caddesi", "Şehit Öğretmen Sokağı", "Liman Yolu"),
    firms=(
        "Güneydoğu Uluslararası Nakliyat Anonim Şirketi",
        "Yıldız Tekstil Dış Ticaret Ltd. Şti.",
        "Karadeniz Lojistik ve Gümrükleme A.Ş.",
        "Öztürk Makine İhracat Sanayi Ltd. Şti.",
    ),
    people=("Ayşe Yıldırım", "Mehmet Çağlar", "Elif Şahin", "Osman Gündoğdu"),
    plate="34 AAA 000",
    phone="+90212555",
    currency="TRY",
    language="tr",
)

_GE: Final = Country(
    code="GE",
    inland=(
        Office("GECCZ111", "გეზი თბილისი"),
        Office("GECCZ112", "გეზი ბათუმი"),
        Office("GECCD400", "გეპ ქუთაისი"),
    ),
    frontier=(
        Office("GEBCP601", "სგპ სარფი"),
        Office("GEBCP301", "სგპ ვალე"),
        Office("GEBCP002", "სგპ წითელი ხიდი"),
        Office("GEBCP010", "სგპ ლაგოდეხი"),
    ),
    guarantee=Office("GEDEP001", "საბაჟო დეპარტამენტი"),
    towns=(("თბილისი", "0105"), ("ბათუმი", "6010"), ("ქუთაისი", "4600"), ("რუსთავი", "3700")),
    streets=("რუსთაველის გამზირი", "დავით აღმაშენებლის ქუჩა", "გორგილაძის ქუჩა", "ნავსადგურის გზა"),
    firms=(
        "შპს კავკასიის სატრანსპორტო დერეფანი",
        "სს შავი ზღვის ტერმინალი",
        "შპს იბერია ლოჯისტიკა",
        "შპს მთაწმინდა იმპორტი",
    ),
    people=("ნინო ბერიძე", "გიორგი მაისურაძე", "თამარ კაპანაძე", "ლევან ჯაფარიძე"),
    plate="AA-000-AA",
    phone="+99532255",
    currency="GEL",
    language="ka",
)

_AZ: Final = Country(
    code="AZ",
    inland=(
        Office("AZ010100", "Bakı Baş Gömrük İdarəsi"),
        Office("AZ020300", "Gəncə Gömrük İdarəsi"),
        Office("AZ010700", "Sumqayıt Gömrük Postu"),
    ),
    frontier=(
        Office("AZ030100", "Qırmızı Körpü Gömrük Postu"),
        Office("AZ030400", "Balakən Gömrük Postu"),
        Office("AZ050200", "Astara Gömrük Postu"),
    ),
    guarantee=Office("AZ000100", "Dövlət Gömrük Komitəsi"),
    towns=(("Bakı", "AZ1000"), ("Gəncə", "AZ2000"), ("Sumqayıt", "AZ5000"), ("Şəki", "AZ5500")),
    streets=("Nizami küçəsi", "Üzeyir Hacıbəyov küçəsi", "Neftçilər prospekti", "Heydər prospekti"),
    firms=(
        "Xəzər Beynəlxalq Daşımalar MMC",
        "Abşeron Sənaye Təchizat ASC",
        "Günəşli Kənd Təsərrüfatı MMC",
        "İpək Yolu Logistika MMC",
    ),
    people=("Aygün Məmmədova", "Elçin Həsənov", "Nərmin Əliyeva", "Rəşad Quliyev"),
    plate="10-AA-000",
    phone="+99412555",
    currency="AZN",
)

_AM: Final = Country(
    code="AM",
    inland=(Office("AM010100", "Երևանի մաքսատուն"), Office("AM020100", "Գյումրիի մաքսատուն")),
    frontier=(
        Office("AM030100", "Բագրատաշեն սահմանային կետ"),
        Office("AM030500", "Մեղրի սահմանային կետ"),
    ),
    guarantee=Office("AM000100", "Պետական եկամուտների կոմիտե"),
    towns=(("Երևան", "0010"), ("Գյումրի", "3101"), ("Վանաձոր", "2001")),
    streets=("Աբովյան փողոց", "Մաշտոցի պողոտա", "Տիգրան Մեծի պողոտա"),
    firms=("Արարատ Տրանս ՍՊԸ", "Սևան Ներմուծում ՍՊԸ", "Հայկական Լոջիստիկա ՓԲԸ"),
    people=("Անի Հարությունյան", "Տիգրան Սարգսյան", "Մարիամ Գրիգորյան"),
    plate="00 AA 000",
    phone="+37410555",
    currency="AMD",
)

_KZ: Final = Country(
    code="KZ",
    inland=(Office("KZ550100", "Алматы кедені"), Office("KZ710100", "Астана кедені")),
    frontier=(Office("KZ470300", "Құрық порты кеден бекеті"), Office("KZ551500", "Қорғас кедені")),
    guarantee=Office("KZ000100", "Мемлекеттік кірістер комитеті"),
    towns=(("Алматы", "050000"), ("Астана", "010000"), ("Ақтау", "130000")),
    streets=("Абай даңғылы", "Достық даңғылы", "Қабанбай батыр көшесі"),
    firms=("Ұлы Жібек Жолы Логистика ЖШС", "Каспий Транзит АҚ", "Өнеркәсіп Импорт ЖШС"),
    people=("Айгерім Нұрланова", "Ерлан Жүнісов", "Дәурен Әбдіқалықов"),
    plate="000 AAA 02",
    phone="+77272555",
    currency="KZT",
    language="ru",
)

_IR: Final = Country(
    code="IR",
    inland=(Office("IR100100", "گمرک تهران"), Office("IR200100", "گمرک تبریز")),
    frontier=(Office("IR300100", "گمرک بازرگان"), Office("IR300200", "گمرک آستارا")),
    guarantee=Office("IR000100", "گمرک جمهوری اسلامی ایران"),
    towns=(("تهران", "1111611111"), ("تبریز", "5131611111"), ("آستارا", "4391611111")),
    streets=("خیابان ولیعصر", "خیابان امام", "بلوار ساحلی"),
    firms=("شرکت حمل و نقل بین‌المللی البرز", "بازرگانی خزر", "صنایع غذایی کاسپین"),
    people=("زهرا کریمی", "رضا محمدی", "مریم حسینی"),
    plate="00A000-00",
    phone="+98215555",
    currency="IRR",
)

_UA: Final = Country(
    code="UA",
    inland=(Office("UA100110", "Київська митниця"), Office("UA209140", "Львівська митниця")),
    frontier=(Office("UA500030", "Чорноморський порт"), Office("UA209180", "Краківець")),
    guarantee=Office("UA903050", "Державна митна служба"),
    towns=(("Київ", "01001"), ("Львів", "79000"), ("Одеса", "65000")),
    streets=("вулиця Хрещатик", "проспект Свободи", "вулиця Дерибасівська"),
    firms=("ТОВ Дніпро Логістик", "ПрАТ Південний Термінал", "ТОВ Карпати Імпорт"),
    people=("Олена Шевченко", "Андрій Коваль", "Ірина Бондаренко"),
    plate="AA 0000 AA",
    phone="+38044555",
    currency="UAH",
)

_GR: Final = Country(
    code="GR",
    inland=(Office("GR000304", "ΤΕΛΩΝΕΙΟ ΠΕΙΡΑΙΑ"), Office("GR003101", "ΤΕΛΩΝΕΙΟ ΘΕΣΣΑΛΟΝΙΚΗΣ")),
    frontier=(Office("GR002005", "ΤΕΛΩΝΕΙΟ ΚΗΠΩΝ"), Office("GR002302", "ΤΕΛΩΝΕΙΟ ΕΥΖΩΝΩΝ")),
    guarantee=Office("GR000100", "ΓΕΝΙΚΗ ΔΙΕΥΘΥΝΣΗ ΤΕΛΩΝΕΙΩΝ"),
    towns=(("Πειραιάς", "18535"), ("Θεσσαλονίκη", "54624"), ("Αλεξανδρούπολη", "68100")),
    streets=("Λεωφόρος Νίκης", "Οδός Ερμού", "Ακτή Μιαούλη"),
    firms=("Αιγαίο Μεταφορική Α.Ε.", "Ολύμπιος Εισαγωγική Ε.Π.Ε.", "Θράκη Τρόφιμα Α.Β.Ε.Ε."),
    people=("Ελένη Παπαδοπούλου", "Γιώργος Νικολάου", "Μαρία Οικονόμου"),
    plate="AAA-0000",
    phone="+30210555",
)

_GB: Final = Country(
    code="GB",
    inland=(Office("GB000246", "Southampton Maritime"), Office("GB000060", "Dover")),
    frontier=(Office("GB000080", "Felixstowe"), Office("GB000011", "Birmingham Airport")),
    guarantee=Office("GB000001", "Central Community Transit Office"),
    towns=(("Southampton", "SO15 1AA"), ("Leeds", "LS1 4AP"), ("Dover", "CT17 9BU")),
    streets=("Harbour Parade", "Station Approach", "Mill Lane"),
    firms=("Pennine Machine Tools Ltd", "Solent Freight Forwarding Ltd", "Kentish Foods plc"),
    people=("Olivia Bennett", "Rhys Llewellyn-Jones", "Siobhán O'Neill"),
    plate="AA00 AAA",
    phone="+44238055",
    currency="GBP",
)

COUNTRIES: Final[Mapping[str, Country]] = MappingProxyType(
    {country.code: country for country in (_TR, _GE, _AZ, _AM, _KZ, _IR, _UA, _GR, _GB, *MORE)}
)


def country(code: str) -> Country:
    """Return what is known of a country, or plain offices and names made from its code."""
    return COUNTRIES.get(code) or _plain(code)


def _plain(code: str) -> Country:
    return Country(
        code=code,
        inland=(
            Office(f"{code}001000", f"{code} Central"),
            Office(f"{code}002000", f"{code} East"),
        ),
        frontier=(
            Office(f"{code}005100", f"{code} Border North"),
            Office(f"{code}005200", f"{code} Border South"),
        ),
        guarantee=Office(f"{code}000900", f"{code} Customs Headquarters"),
        towns=((f"{code} Capital", "10000"), (f"{code} Port", "20000")),
        streets=("Harbour Road", "Customs Street"),
        firms=(f"{code} General Trading Company", f"{code} Inland Transport Cooperative"),
        people=("Amina Diallo", "Joseph Mwangi"),
        plate=f"{code} 0000 AA",
        phone="+99900555",
        currency="USD",
    )
