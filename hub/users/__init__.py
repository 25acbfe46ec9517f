"""People: who they are, how they join and sign in, which token is whose, what staff laid on them.

Everybody above may read; only this room writes: `registering`, `signing_in`, `sessions`, `recovering`, `addresses`,
`sanctioning` and `blocking` what people do, `commands` what the house does by the shell. What a person shows is in
`users`, address and password lie apart in `accounts`, so that no careless `select *` can show them.
"""
