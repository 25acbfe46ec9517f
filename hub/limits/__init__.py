"""How much anybody may ask: budgets of cost that fill up again, and attempts counted over a time.

Promise: in each process they are kept without waiting and in bounded memory; over Redis the processes share them,
and while it is away each goes on with what it knows. Knows no noun: who asks is a key.
"""
