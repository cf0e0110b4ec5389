"""What the menu of the demo says of its products in Spanish, by SKU. Names of strains stay as they are."""


def _texts(name: str, detail: str, description: str) -> dict[str, str]:
    return {"name_es": name, "detail_es": detail, "description_es": description}


TEXTS_ES = {
    "FL-HARBOR-35": _texts(
        "Harbor Haze",
        "Flor entera, 3.5 g",
        "Una flor luminosa para el día, con aroma a cítricos y pino. Empiece con una inhalación y espere diez minutos.",
    ),
    "FL-CHARTER-35": _texts(
        "Charter Oak Kush",
        "Flor entera, 3.5 g",
        "Una flor densa para la noche, con aroma a tierra y madera. Empiece con una inhalación y espere diez minutos.",
    ),
    "FL-SOUND-35": _texts(
        "Quiet Sound",
        "Flor equilibrada, 3.5 g",
        "Tanto CBD como THC, para un comienzo suave. Empiece con una o dos inhalaciones y espere diez minutos.",
    ),
    "FL-HARBOR-7": _texts(
        "Harbor Haze",
        "Flor entera, 7 g",
        "La flor para el día con cítricos y pino, en el frasco grande. "
        "Empiece con una inhalación y espere diez minutos.",
    ),
    "FL-ELM-7": _texts(
        "Elm City Ground",
        "Flor molida, 7 g",
        "Molida y lista para usar, para manos que se cansan pronto. Empiece con una inhalación y espere diez minutos.",
    ),
    "FL-RIDGE-14": _texts(
        "Ridgeline Reserve",
        "Flor entera, 14 g",
        "Nuestra flor más fuerte. Para quien ya sabe cómo reacciona: empiece con una inhalación y espere diez minutos.",
    ),
    "VP-HARBOR-500": _texts(
        "Cartucho Harbor Haze",
        "Cartucho, 500 mg",
        "Aceite de Harbor Haze para una batería común. Empiece con una calada corta y espere diez minutos.",
    ),
    "VP-BALANCE-500": _texts(
        "Cartucho Balance 1:1",
        "Cartucho, 500 mg",
        "Tanto CBD como THC, para una batería común. Empiece con una calada corta y espere diez minutos.",
    ),
    "VP-NIGHT-500": _texts(
        "Cartucho Night Ferry",
        "Cartucho, 500 mg",
        "Un aceite para la noche con un poco de CBD, para una batería común. "
        "Empiece con una calada corta y espere diez minutos.",
    ),
    "VP-DAY-300": _texts(
        "Vaporizador Daylight",
        "Vaporizador completo, 300 mg",
        "Cargado y listo: no hay nada que enroscar. Empiece con una calada corta y espere diez minutos.",
    ),
    "VP-CHARTER-1000": _texts(
        "Cartucho Charter Oak",
        "Cartucho, 1 g",
        "Aceite de Charter Oak Kush en el cartucho grande. Empiece con una calada corta y espere diez minutos.",
    ),
    "ED-BERRY-100": _texts(
        "Masticables de arándano",
        "20 piezas de 5 mg",
        "Masticables sin gelatina, con 5 mg de THC cada uno. Empiece con uno y espere dos horas antes del siguiente.",
    ),
    "ED-CITRUS-100": _texts(
        "Masticables de cítricos 1:1",
        "20 piezas de 5 mg",
        "Cada pieza tiene 5 mg de THC y 5 mg de CBD. Empiece con una y espere dos horas antes de la siguiente.",
    ),
    "ED-COCOA-100": _texts(
        "Chocolate oscuro en barra",
        "10 cuadros de 10 mg",
        "Chocolate oscuro que se parte en diez cuadros. "
        "Empiece con medio cuadro y espere dos horas antes del siguiente.",
    ),
    "ED-BROWNIE-20": _texts(
        "Brownie",
        "Una pieza de 20 mg",
        "Un brownie húmedo de una sola pieza. Empiece con una cuarta parte y espere dos horas antes de la siguiente.",
    ),
    "ED-MINT-50": _texts(
        "Pastillas de menta",
        "20 piezas de 2.5 mg",
        "Pastillas pequeñas que se deshacen en la boca. Empiece con una y espere dos horas antes de la siguiente.",
    ),
    "TI-DAY-300": _texts(
        "Gotas para el día",
        "Gotas, 30 mL",
        "Unos 0.5 mg de THC por gota, debajo de la lengua. "
        "Empiece con cinco gotas y espere dos horas antes de tomar más.",
    ),
    "TI-BALANCE-300": _texts(
        "Gotas Balance 1:1",
        "Gotas, 30 mL",
        "Tanto CBD como THC, debajo de la lengua. Empiece con cinco gotas y espere dos horas antes de tomar más.",
    ),
    "TI-CALM-600": _texts(
        "Gotas Calma 1:20",
        "Gotas, 30 mL",
        "Sobre todo CBD, con muy poco THC. Empiece con cinco gotas por la noche y espere dos horas antes de tomar más.",
    ),
    "TI-NIGHT-600": _texts(
        "Gotas para la noche",
        "Gotas, 30 mL",
        "Alrededor de 1 mg de THC por gota, debajo de la lengua. "
        "Empiece con dos gotas y espere dos horas antes de tomar más.",
    ),
    "CA-LOW-75": _texts(
        "Cápsulas de dosis baja",
        "30 cápsulas de 2.5 mg",
        "Cápsulas pequeñas para empezar con cuidado. Empiece con una y espere dos horas antes de la siguiente.",
    ),
    "CA-STEADY-300": _texts(
        "Cápsulas Constante",
        "30 cápsulas de 10 mg",
        "Los mismos 10 mg de THC en cada cápsula. Empiece con una y espere dos horas antes de la siguiente.",
    ),
    "CA-BALANCE-150": _texts(
        "Cápsulas Balance 1:1",
        "30 cápsulas de 5 mg",
        "Cada cápsula tiene 5 mg de THC y 5 mg de CBD. Empiece con una y espere dos horas antes de la siguiente.",
    ),
    "CA-STRONG-600": _texts(
        "Cápsulas de dosis alta",
        "30 cápsulas de 20 mg",
        "Para quien está acostumbrado a una dosis alta. Tome una cápsula y espere dos horas antes de la siguiente.",
    ),
    "TO-BALM-200": _texts(
        "Bálsamo de calor",
        "Bálsamo, 60 g",
        "Para la piel sobre articulaciones rígidas y músculos cansados. Aplique una capa fina y lávese las manos.",
    ),
    "TO-LOTION-150": _texts(
        "Loción refrescante",
        "Loción, 120 mL",
        "Una loción ligera, sobre todo con CBD, que refresca la piel. Aplique una capa fina y lávese las manos.",
    ),
    "TO-PATCH-5": _texts(
        "Parches para el día",
        "5 parches de 20 mg",
        "Un parche libera 20 mg a lo largo de un día. "
        "Empiece con uno en la cara interna del brazo y quíteselo antes de dormir.",
    ),
    "CO-WAX-500": _texts(
        "Cera Harbor Haze",
        "Cera, 500 mg",
        "Un extracto fuerte de Harbor Haze. "
        "Empiece con un trozo del tamaño de un grano de arroz y espere diez minutos.",
    ),
    "CO-ROSIN-1000": _texts(
        "Rosin vivo",
        "Rosin, 1 g",
        "Prensado de flor fresca, sin solventes. "
        "Empiece con un trozo del tamaño de un grano de arroz y espere diez minutos.",
    ),
    "CO-OIL-1000": _texts(
        "Aceite de planta entera",
        "Jeringa, 1 g",
        "Aceite espeso en una jeringa sin aguja. "
        "Empiece con una gota del tamaño de un grano de arroz y espere diez minutos.",
    ),
}
