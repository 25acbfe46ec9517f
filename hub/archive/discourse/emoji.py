"""Discourse shows emoji as pictures named by shortcode; here they become signs again."""

from rich.emoji import Emoji

# Discourse's names that rich does not know.
_SIGNS = {
    "crazy_face": "🤪",
    "de": "🇩🇪",
    "eu": "🇪🇺",
    "face_with_head_bandage": "🤕",
    "face_with_symbols_over_mouth": "🤬",
    "facepalm": "🤦",
    "fist_left": "🤛",
    "fist_right": "🤜",
    "fr": "🇫🇷",
    "gb": "🇬🇧",
    "heart_exclamation": "❣️",
    "hugs": "🤗",
    "jp": "🇯🇵",
    "melting_face": "🫠",
    "metal": "🤘",
    "money_mouth_face": "🤑",
    "pinched_fingers": "🤌",
    "raising_hand_man": "🙋‍♂️",
    "rofl": "🤣",
    "roll_eyes": "🙄",
    "saluting_face": "🫡",
    "shrug": "🤷",
    "slight_frown": "🙁",
    "slight_smile": "🙂",
    "smiling_face_with_three_hearts": "🥰",
    "star_struck": "🤩",
    "thinking": "🤔",
    "uk": "🇬🇧",
    "upside_down_face": "🙃",
    "us": "🇺🇸",
    "vomiting_face": "🤮",
    "zipper_mouth_face": "🤐",
}


def sign_of(code: str) -> str:
    """`:smile:` or `smile` → 😄; of `:+1:t3:` the skin tone too; a name of the forum's own stays `:name:`."""
    name, _, tone = code.strip(": ").partition(":t")
    named = f":{name}:"
    sign = _SIGNS.get(name) or Emoji.replace(named)
    return sign + chr(0x1F3F9 + int(tone)) if tone in {"2", "3", "4", "5", "6"} and sign != named else sign
