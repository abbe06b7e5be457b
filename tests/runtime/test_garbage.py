"""What is imported is left out of garbage collection, and nothing else is."""

import subprocess
import sys


def test_what_is_made_meanwhile_is_left_out_once_and_all_else_is_collected():
    code = """
import gc
from vae_exp.runtime.garbage import uncollected

class Loop(list):
    def __init__(self):
        super().__init__([self])

def loops():
    gc.collect()
    return sum(isinstance(o, Loop) for o in gc.get_objects())

with uncollected():
    assert not gc.isenabled()
    early = Loop()
assert gc.isenabled() and not any(o is early for o in gc.get_objects())
frozen = gc.get_freeze_count()
late = Loop()
with uncollected():  # a second job of a sweep: its garbage is collected as ever
    assert gc.isenabled()
    other = Loop()
assert loops() == 2 and gc.get_freeze_count() <= frozen
del late, other
assert loops() == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_who_has_collection_off_keeps_it_off():
    code = """
import gc
from vae_exp.runtime.garbage import uncollected
gc.disable()
with uncollected():
    pass
assert not gc.isenabled() and gc.get_freeze_count() == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True)
