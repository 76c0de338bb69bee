/* Functions that cannot be called, each for a reason of its own. */
struct { int type; } some_map __attribute__((section(".maps"), used));
extern int elsewhere(int);
static const char *names[] = { "zero", "one" };
struct task { int pid; } __attribute__((preserve_access_index));

int uses_map(int a)
{
	return a + some_map.type;
}

int calls_out(int a)
{
	return elsewhere(a);
}

const char *holds_addresses(int a)
{
	return names[a & 1];
}

int moves(struct task *task)
{
	return task->pid;
}

__attribute__((noinline)) int odd(int n);

__attribute__((noinline)) int even(int n)
{
	return n > 0 ? odd(n - 1) + 1 : 1;
}

__attribute__((noinline)) int odd(int n)
{
	return n > 0 ? even(n - 1) + 2 : 0;
}

int through(int n)
{
	return even(n) + 1;
}
