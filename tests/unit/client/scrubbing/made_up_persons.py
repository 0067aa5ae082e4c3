"""Invented persons and what identifies them, half of them with names that no shipped list has."""

from __future__ import annotations

from random import Random
from typing import Literal

Language = Literal["es", "en"]


def words(text: str) -> list[str]:
    return text.split()


def phrases(text: str) -> list[str]:
    return " ".join(text.split()).replace("| ", "|").strip("| ").split("|")


LISTED: dict[Language, tuple[list[str], list[str]]] = {
    "es": (
        words(
            """
            Juan Ana María Carmen Luis Javier Lucía Sergio Elena Marta Pedro José Raquel Íñigo
            Andrés Begoña Teresa Miguel Verónica Hugo
            """
        ),
        words(
            """
            García Pérez Ruiz López Gómez Fernández Sánchez Martínez Jiménez Álvarez Romero
            Ortega Vázquez Ramírez Núñez Domínguez Suárez Rubio Molina Delgado
            """
        ),
    ),
    "en": (
        words(
            """
            John Mary Susan Peter Emma Oliver Margaret David Karen Thomas Rachel Stephen Hannah
            Andrew Laura Simon Claire Mark Rose Grace
            """
        ),
        words(
            """
            Smith Jones Taylor Walker Hughes Patel Edwards Thompson Murphy Clarke Robinson Khan
            Mitchell Richardson Wilkinson Kelly White Young Brown Wood
            """
        ),
    ),
}
UNLISTED: dict[Language, tuple[list[str], list[str]]] = {
    "es": (
        words(
            """
            Itziar Xiomara Wilmer Nahia Eneko Yurena Dayana Brais Iria Oihane Yeray Arantza
            Jaione Sorin Bogdan Fatou Rachid Wei Svetlana Nekane
            """
        ),
        words(
            """
            Goikoetxea Quispe Etxebarria Ionescu Mamani Urrutikoetxea Bouzid Kowalczyk Diallo
            Casanellas Zubizarreta Barrenetxea Popescu Choque Feijoo Lekue Condori Ndiaye
            Vilaseca Oyarzabal
            """
        ),
    ),
    "en": (
        words(
            """
            Oyinkan Zubin Aoife Saoirse Tomasz Wojciech Chidi Adaeze Siobhan Priyanka Dmitri
            Ngozi Hyun-woo Thanh Rhiannon Gethin Kwame Leilani Ioana Xiaoli
            """
        ),
        words(
            """
            Okonkwo Adeyemi Szczepanski Braithwaite Ogunbanjo McGillicuddy O'Shaughnessy
            Venkataraman Papadopoulos Featherstonehaugh Nwosu Wisniewski Llewellyn-Rees
            Abernathy Kuznetsov Oyelaran Thistlethwaite Bhattacharya Quackenbush Zielinski
            """
        ),
    ),
}
TOWNS: dict[Language, list[str]] = {
    "es": phrases(
        """
        Zaragoza|Alcalá de Henares|Lugo|Las Palmas|Cuenca|San Sebastián|Vigo
        """
    ),
    "en": ["Leeds", "Aberystwyth", "Baltimore", "Stoke Newington", "Dundee", "Tucson", "Sheffield"],
}
STREETS = ["Alcalá", "de la Luna", "Gran Capitán", "Doctor Esquerdo", "del Olmo Viejo"]
ROADS = ["Oak Street", "Station Road", "Elm Park Avenue", "Queen Anne Terrace", "Mill Lane"]
MONTHS = {
    "es": words(
        """
        enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
        """
    ),
    "en": words(
        """
        January February March April May June July August September October December
        """
    ),
}


class Person:
    """Draws what identifies one invented person after another.

    Parameters
    ----------
    unlisted : bool
        Whether names come from outside the shipped lists.
    """

    def __init__(self, language: Language, draw: Random, *, unlisted: bool) -> None:
        self.language = language
        self.draw = draw
        self.names = (UNLISTED if unlisted else LISTED)[language]

    def value(self, kind: str) -> str:
        """Return an identifier of a kind, which is the name of the method that makes it."""
        return str(getattr(self, kind)())

    def digits(self, count: int) -> str:
        return "".join(str(self.draw.randint(0, 9)) for _ in range(count))

    def first(self) -> str:
        return self.draw.choice(self.names[0])

    def surname(self) -> str:
        return self.draw.choice(self.names[1])

    def name(self) -> str:
        if self.language == "es" and self.draw.random() < 0.5:
            return f"{self.first()} {self.surname()} {self.surname()}"
        return f"{self.first()} {self.surname()}"

    def backwards(self) -> str:
        return f"{self.surname()}, {self.first()}"

    def date(self) -> str:
        day, month, year = self.draw.randint(1, 28), self.draw.randint(1, 11), self.year()
        word = MONTHS[self.language][month - 1]
        forms = [f"{day:02}/{month:02}/{year}", f"{day}-{month}-{year % 100:02}"]
        forms += [f"{year}-{month:02}-{day:02}", f"{day}.{month}.{year}"]
        if self.language == "es":
            forms += [f"{day} de {word} de {year}", f"{day} de {word}", f"{word} de {year}"]
            forms += [f"{day} {word} {year}", f"{day}-{word[:3]}-{year}"]
        else:
            forms += [f"{word} {day}th {year}", f"{day} {word} {year}", f"{word} {year}"]
            forms += [f"{word} {day}, {year}", f"{day} {word[:3]} {year}", f"{day}th of {word}"]
        return self.draw.choice(forms)

    def year(self) -> int:
        return self.draw.randint(1960, 2024)

    def phone(self) -> str:
        nine = f"6{self.digits(8)}"
        if self.language == "es":
            three = f"{nine[:3]} {nine[3:6]} {nine[6:]}"
            pairs = f"{nine[:3]} {nine[3:5]} {nine[5:7]} {nine[7:]}"
            return self.draw.choice([nine, three, pairs, f"+34 {three}", f"91 {nine[:3]} 45 67"])
        british = f"(0{self.digits(2)}0) 7946 0{self.digits(3)}"
        mobile = f"07{self.digits(3)} {self.digits(6)}"
        american = f"(2{self.digits(2)}) 555-0{self.digits(3)}"
        abroad = f"+44 20 7946 0{self.digits(3)}"
        return self.draw.choice([british, mobile, american, abroad, f"212-555-0{self.digits(3)}"])

    def national(self) -> str:
        letter = self.draw.choice("ABCDEFGHJKLMNPQRSTVWXYZ")
        if self.language == "es":
            forms = [f"{self.digits(8)}{letter}", f"{self.digits(8)}-{letter}"]
            return self.draw.choice([*forms, f"X{self.digits(7)}{letter}"])
        nhs = f"{self.digits(3)} {self.digits(3)} {self.digits(4)}"
        social = f"{self.digits(3)}-{self.digits(2)}-{self.digits(4)}"
        return self.draw.choice([nhs, social, f"QQ{self.digits(6)}C"])

    def record(self) -> str:
        return self.draw.choice([self.digits(6), self.digits(8), f"H-{self.digits(6)}"])

    def email(self) -> str:
        return f"{self.first()}.{self.surname()}{self.digits(2)}@example.org".lower()

    def url(self) -> str:
        return f"https://example.org/{self.surname().lower()}/{self.digits(4)}"

    def town(self) -> str:
        return self.draw.choice(TOWNS[self.language])

    def address(self) -> str:
        number = self.draw.randint(1, 180)
        if self.language == "es":
            street = f"{self.draw.choice(['calle', 'C/', 'Avda.', 'Plaza'])} "
            street += f"{self.draw.choice(STREETS)}"
            floor = self.draw.choice(["", ", 3º B", ", 1º izq"])
            return f"{street}, {number}{floor}, 280{self.digits(2)} {self.town()}"
        return f"{number} {self.draw.choice(ROADS)}, {self.town()}, LS{self.digits(1)} 4QP"

    def old_age(self) -> str:
        return str(self.draw.randint(90, 104))
