"""Partner apps, what members grant them, and tokens with scopes: of apps, of apps for a member, of people's scripts.

An app belongs to its owner, and perhaps to a club; then it sees and writes only there (`hub/store/audience.py`:
`CLUB_APP`). An app alone only reads. It acts for a member with the token that the member's own grant gave, and with
no more than token, grant and app allow, all three. Each change is told on the stream of whom it concerns, the app's or
the member's, so that open sockets follow. A sign-in of apps by OAuth has its place beside `commands/grants.py`: it
gives the same tokens.
"""
