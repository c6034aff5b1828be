# ruff: noqa: RUF001 (words in the scripts of their languages)
"""Goods in the languages of the countries that write of them: short, as declarations are.

A heading without words in a language is described in English.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "ka": {
            "080222": "თხილი, გარჩეული, მოხალული, კალიბრი 11–13 მმ, ვაკუუმურ ტომრებში",
            "220421": "ღვინო ყურძნის, წითელი მშრალი, 0,75 ლ ბოთლებში",
            "090240": "ჩაი შავი, ფერმენტირებული, ტომრებში",
            "401120": "პნევმატური საბურავები ახალი, სატვირთო ავტომობილებისთვის",
            "070200": "პომიდორი ახალი, I კლასი, ყუთებში",
            "940360": "ხის ავეჯი, დაშლილი, მუყაოს შეფუთვაში",
        },
        "tr": {
            "080222": "İç fındık, kavrulmuş, 11–13 mm, vakumlu torbalarda",
            "520942": "Pamuklu denim kumaş, indigo boyalı, 200 g/m² üzeri, karton rulolarda",
            "841810": "Kombine buzdolabı-dondurucular, ayrı kapılı, E sınıfı",
            "690721": "Sırlı porselen karo, 600 × 600 mm, paletlerde",
            "721420": "Nervürlü inşaat demiri, B500C, 12–16 mm, demetler hâlinde",
            "070200": "Taze domates, I. sınıf, kasalarda, 8 derecede",
        },
        "fr": {
            "150910": "Huile d'olive vierge extra, première pression à froid, bidons de 5 l",
            "620342": "Pantalons de coton pour hommes, bleus, cinq poches, triés par taille",
            "690721": "Carreaux de céramique émaillée, 60 × 60 cm, sur palettes",
            "870829": "Pièces de carrosserie pour véhicules utilitaires, apprêtées, neuves",
            "300490": "Médicaments conditionnés pour la vente au détail, entre 15 et 25 °C",
            "070200": "Tomates fraîches, catégorie I, en cagettes, réfrigérées à 8 °C",
        },
        "ar": {
            "150910": "زيت زيتون بكر ممتاز، عصرة أولى على البارد، صفائح سعة 5 لتر",
            "620342": "سراويل قطنية للرجال، زرقاء، مصنفة حسب المقاس",
            "690721": "بلاط خزفي مزجج، 60 × 60 سم، على منصات نقالة",
            "841810": "ثلاجات بمجمدات ذات أبواب منفصلة، سعة 354 لتر",
            "401120": "إطارات هوائية جديدة للشاحنات، 315/80 R 22.5",
            "070200": "طماطم طازجة، درجة أولى، في صناديق مبردة",
        },
        "ru": {
            "851713": "Смартфоны с зарядными устройствами, две SIM-карты",
            "870829": "Части кузовов автомобилей, штампованные, грунтованные, на стеллажах",
            "721420": "Прутки стальные рифлёные, B500C, диаметр 12–16 мм, в связках",
            "390120": "Полиэтилен плотностью не менее 0,94, гранулы, в мешках по 25 кг",
            "847130": "Портативные компьютеры массой менее 10 кг, с блоками питания",
            "401120": "Шины пневматические новые для грузовых автомобилей",
        },
        "es": {
            "090240": "Té negro fermentado, hoja entera, en cajas forradas",
            "401120": "Llantas neumáticas nuevas para camión, sin cámara",
            "070200": "Tomates frescos, clase I, en cajas, refrigerados a 8 °C",
            "300490": "Medicamentos dosificados para la venta al por menor, entre 15 y 25 °C",
            "940360": "Muebles de madera desarmados, con herrajes, en cajas de cartón",
            "847130": "Computadoras portátiles de menos de 10 kg, con fuente y estuche",
        },
    }
)


def describe(hs6: str, english: str, language: str) -> tuple[str, str]:
    """Return a description and the language it is in; "" stands for English of old."""
    words = WORDS.get(language, {}).get(hs6)
    return (english, "") if words is None else (words, language)
