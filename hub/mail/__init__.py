"""Mail out: a letter is made from its template and handed to an SMTP server. Knows no noun: others bring the words.

`Mailer.send` is the one way out. `Mailer.later` sends without holding up an answer.
"""
