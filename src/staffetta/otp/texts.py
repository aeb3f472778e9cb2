"""The text of a one-time password in each language. Pure.

Owns the wording, and nothing about countries. Every text fits one segment with the longest code:
160 septets where its characters allow GSM-7, else 70 UTF-16 units. Where a language can be written
properly in GSM-7, the wording is chosen so that it is; no accent is left out for it. A text holds
neither digits nor asterisks: a message is stored with asterisks where its code stands
(messaging/masked_codes).
"""

# ruff: noqa: RUF001 - characters of other scripts that look like Latin ones are meant

from collections.abc import Mapping
from typing import Final

CODE: Final = "{code}"  # where the code stands in a text

# By CLDR's names of languages.
TEXTS: Final[Mapping[str, str]] = {
    "ar": "رمز التحقق الخاص بك هو {code}. لا تشاركه مع أي شخص.",
    "bg": "Вашият код за потвърждение е {code}. Не го споделяйте с никого.",
    "bs": "Kod za potvrdu: {code}. Ne dijelite ga ni s kim.",
    "ca": "El codi de verificació és {code}. No el comparteixi amb ningú.",
    "cs": "Váš ověřovací kód je {code}. Nikomu jej nesdělujte.",
    "da": "Din bekræftelseskode er {code}. Del den ikke med andre.",
    "de": "Ihr Bestätigungscode lautet {code}. Geben Sie ihn nicht weiter.",
    "el": "Κωδικός επαλήθευσης: {code}. Μην τον κοινοποιήσετε σε κανέναν.",
    "en": "Your verification code is {code}. Do not share it with anyone.",
    "es": "Su clave de un solo uso es {code}. No la comparta con nadie.",
    "et": "Teie kinnituskood on {code}. Ärge jagage seda kellegagi.",
    "fa": "کد تأیید شما {code} است. آن را در اختیار دیگران قرار ندهید.",
    "fi": "Vahvistuskoodinne on {code}. Älkää antako sitä kenellekään.",
    "fr": "Votre code de vérification est {code}. Ne le communiquez à personne.",
    # No country's first language, but one of the European Union's: every one of those has its text.
    "ga": "Is é {code} do chód fíoraithe. Ná roinn le duine ar bith é.",
    "he": "קוד האימות שלך הוא {code}. אין למסור אותו לאיש.",
    "hr": "Kod za potvrdu: {code}. Ne dijelite ga ni s kim.",
    "hu": "Az Ön ellenőrző kódja: {code}. Kérjük, ne adja meg senkinek.",
    "id": "Kode verifikasi Anda adalah {code}. Jangan berikan kepada siapa pun.",
    "is": "Staðfestingarkóðinn þinn er {code}. Ekki deila honum með öðrum.",
    "it": "Il suo codice di verifica è {code}. Non lo comunichi a nessuno.",
    "ja": "認証コードは {code} です。第三者には絶対に教えないでください。",
    "ko": "인증 코드는 {code}입니다. 다른 사람에게 알려 주지 마십시오.",
    "lt": "Jūsų patvirtinimo kodas: {code}. Niekam jo neatskleiskite.",
    "lv": "Jūsu apstiprinājuma kods: {code}. Neizpaudiet to nevienam.",
    "mk": "Вашиот код за потврда е {code}. Не го споделувајте со никого.",
    "ms": "Kod pengesahan anda ialah {code}. Jangan kongsikannya dengan sesiapa.",
    "mt": "Il-kodiċi ta' verifika tiegħek huwa {code}. Tagħtih lil ħadd.",
    "nb": "Bekreftelseskoden din er {code}. Ikke del den med andre.",
    "nl": "Uw verificatiecode is {code}. Deel deze met niemand.",
    "pl": "Kod weryfikacyjny: {code}. Nie podawaj go nikomu.",
    "pt_BR": "Seu código de verificação é {code}. Não compartilhe com ninguém.",
    "pt_PT": "O seu código de verificação é {code}. Não o partilhe com ninguém.",
    "ro": "Codul de verificare este {code}. Nu îl comunicați nimănui.",
    "ru": "Ваш код подтверждения: {code}. Никому его не сообщайте.",
    "sk": "Váš overovací kód je {code}. Nikomu ho neprezrádzajte.",
    "sl": "Potrditvena koda: {code}. Ne delite je z nikomer.",
    "sq": "Kodi juaj i verifikimit është {code}. Mos e ndani me askënd.",
    "sr_Latn": "Kod za potvrdu: {code}. Ne delite ga ni sa kim.",
    "sv": "Din verifieringskod är {code}. Dela den inte med någon.",
    "th": "รหัสยืนยันของคุณคือ {code} โปรดอย่าบอกรหัสนี้แก่ผู้อื่น",
    "tr": "Doğrulama kodunuz: {code}. Lütfen kimseyle paylaşmayın.",
    "uk": "Ваш код підтвердження: {code}. Нікому його не повідомляйте.",
    "vi": "Mã xác minh của bạn là {code}. Không chia sẻ mã này với bất kỳ ai.",
    "zh_Hans": "您的验证码为 {code}，请勿告知他人。",
    "zh_Hant": "您的驗證碼為 {code}，請勿告知他人。",
}


def write_text(language: str, code: str) -> str:
    """The text that carries `code`; `language` is one of TEXTS."""
    return TEXTS[language].replace(CODE, code)
