"""Every place of an expression says so when it gets one that has no value."""
import re

import pytest

PLACES = """@ = pid && (V)|@ = !(V)|if (V) { }|while (V) { }|@ = (V) ? 1 : 2|print(V)|printf("%d", V)|@[V] = 1|@ = sum(V)|
exit(V)|print(str(V))|@ = hist(V)|$x = V|$x = (1, V)|$x = (a=V)|return V|@ = 1 + (V)|@ = -(V)|@ = (int8)(V)|
for $i : 0..(V) { }|@ = "abc"[V]|delete(@m, V)|@ = ntop(V)|@ = strlen(V)|@ = (V) == (V)|@ = buf(V)|
_ = strftime("%H", V)|@ = ksym(V)|*(V)|@m[1] += (V)|let $q : int8 = V|@ = lhist(V, 0, 10, 1)|@ = f(V)|@ = mm(V)|
@ = bswap(V)|@ = signal_name(V)|errorf("%d", V)|assert(V, "x")|@ = usym(V)|find(@m, V, $z)|@ = (uint8[4])(V)|len(V)|
join(V)|@ = macaddr(V)""".replace("\n", "").split("|")
VALUES = ["if (pid == 2) { } else { false }", "if (pid == 2) { 1 } else { }", "if (pid == 2) { print(1) } else { print(2) }",
          "pid ? exit() : exit()", "pid ? {} : {}", "{ print(1) }", "clear(@m)", "nothing(1)"]
SCRIPT = ("fn nothing($a : int64) : void { } fn f($a : int64) : int64 { return $a; } macro mm(x) { x } "
          "begin { @m[1] = 1; let $z; %s; }")


@pytest.mark.parametrize("value", VALUES)
def test_without_a_value(bpfline, value):
    for place in PLACES:
        script = SCRIPT % place.replace("V", value)
        result = bpfline.dump("bpf", "-e", script)
        assert result.status == 1 and re.search(r"^stdin:1:\d+-\d+: ERROR: ", result.stderr, re.MULTILINE), script
