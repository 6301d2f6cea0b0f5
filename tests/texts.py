"""Texts of the nine scripts of the sample, and the traps of Unicode."""

from hypothesis import strategies as st

SENTENCES = {
    "Latn": "Anna Müller fuhr am 3. Mai nach Straßburg.",
    "Cyrl": "Анна приехала в Новосибирск утром.",
    "Grek": "Η Άννα έφτασε στη Θεσσαλονίκη χθες.",
    "Arab": "وصلت آنا إلى القاهرة صباحًا.",
    "Deva": "अन्ना कल सुबह वाराणसी पहुँची।",
    "Thai": "อันนาเดินทางถึงเชียงใหม่เมื่อเช้านี้",
    "Hani": "安娜昨天抵达了成都。",
    "Jpan": "アンナは昨日、京都に着きました。",
    "Hang": "안나는 어제 부산에 도착했다.",
    "emoji": "👩‍🚀 Anna 👍🏽 flog nach 🇩🇪 Köln.",
    "combining": "Ame\u0301lie aß in I\u0307stanbul Crème bru\u0302le\u0301e.",
}

ALPHABETS = (
    "abc ABC.,",
    "аб вГ.",
    "αβ Γδ.",
    "اب ت\u064b\u0651",
    "कख ि\u093e\u094d।",
    "กข\u0e33\u0e49 ",
    "东京市。",
    "かカ京。",
    "가나 다.",
    "👍🏽👩‍🚀 🇩🇪",
    "e\u0301 o\u0308\u200d\u200fI\u0307ßﬁ",
)


@st.composite
def texts(draw: st.DrawFn, min_size: int = 0, max_size: int = 60) -> str:
    """Return a text of one or more of the scripts."""
    alphabet = "".join(draw(st.lists(st.sampled_from(ALPHABETS), min_size=1, max_size=3)))
    return draw(st.text(alphabet, min_size=min_size, max_size=max_size))


@st.composite
def slices(draw: st.DrawFn, text: str) -> tuple[int, int]:
    """Return the ends of a non-empty slice of a non-empty text."""
    start = draw(st.integers(0, len(text) - 1))
    return start, draw(st.integers(start + 1, len(text)))
