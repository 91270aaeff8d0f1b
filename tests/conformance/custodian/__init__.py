"""A custodian that is played from a script, for the kit's own tests: well behaved, save for the faults it is given.

Of the standard library only; it shares no line with the server of this project nor with the kit that judges it.
"""
