/*
 * The picture of a flame graph: SVG without anything from elsewhere.  Frames
 * are as wide as their weight, callees stand on their callers; a click widens a
 * frame, the field above finds names.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/json.h"
#include "base/table.h"
#include "runtime/output/flame_graph.h"

enum {
	WIDTH = 1200,
	MARGIN = 10,
	TOP = 48,
	ROW = 17,
	/* Frames narrower than this many thousandths of a pixel are left out. */
	NARROWEST = 100,
	DEPTH_MAX = 2048,
};

static const char style[] =
	"<style>\n"
	"text { font: 11px monospace; fill: #222; pointer-events: none }\n"
	"#title { font: bold 15px sans-serif }\n"
	"g.f rect { stroke: #fff; stroke-width: .5; cursor: pointer }\n"
	"g.f:hover rect { stroke: #000 }\n"
	"g.f.found rect { fill: #c3f !important }\n"
	"g.f.under { opacity: .55 }\n"
	"#find { cursor: pointer; fill: #06c; pointer-events: all }\n"
	"</style>\n";

/*
 * Each frame keeps its place as shares of the whole (data-x, data-w) and its
 * row (data-y); widening one is a matter of scale and shift.
 */
static const char script[] =
	"<script><![CDATA[\n"
	"const frames = [...document.querySelectorAll('g.f')];\n"
	"const info = document.getElementById('info');\n"
	"const full = 1180, left = 10;\n"
	"function place(g, from, share) {\n"
	"  const x = +g.dataset.x, w = +g.dataset.w, y = +g.dataset.y;\n"
	"  const covers = x <= from + 1e-9 && x + w >= from + share - 1e-9;\n"
	"  const a = covers ? 0 : (x - from) / share, b = covers ? 1 : a + w / share;\n"
	"  const shown = covers || (a > -1e-9 && b < 1 + 1e-9);\n"
	"  g.style.display = shown && (b - a) * full > .1 ? '' : 'none';\n"
	"  const rect = g.firstElementChild.nextElementSibling, text = rect.nextElementSibling;\n"
	"  const px = left + a * full, pw = Math.max((b - a) * full, .1);\n"
	"  rect.setAttribute('x', px); rect.setAttribute('width', pw);\n"
	"  text.setAttribute('x', px + 3);\n"
	"  const room = Math.floor((pw - 6) / 6.7), name = g.dataset.n;\n"
	"  text.textContent = room < 3 ? '' : name.length > room ? name.slice(0, room - 2) + '..' : name;\n"
	"  return covers;\n"
	"}\n"
	"function zoom(to) {\n"
	"  for (const g of frames) {\n"
	"    const covers = place(g, +to.dataset.x, +to.dataset.w);\n"
	"    g.classList.toggle('under', covers && +g.dataset.y < +to.dataset.y);\n"
	"    if (covers && +g.dataset.y > +to.dataset.y) g.style.display = +g.dataset.w < +to.dataset.w - 1e-9 ? 'none' : '';\n"
	"  }\n"
	"}\n"
	"for (const g of frames) {\n"
	"  g.addEventListener('click', () => zoom(g));\n"
	"  g.addEventListener('mouseover', () => { info.textContent = g.querySelector('title').textContent; });\n"
	"}\n"
	"document.getElementById('find').addEventListener('click', () => {\n"
	"  const word = prompt('Find names that contain'); let share = 0;\n"
	"  const spans = [];\n"
	"  for (const g of frames) {\n"
	"    const hit = !!word && g.dataset.n.includes(word);\n"
	"    g.classList.toggle('found', hit);\n"
	"    if (hit) spans.push([+g.dataset.x, +g.dataset.x + +g.dataset.w]);\n"
	"  }\n"
	"  let end = 0;\n"
	"  for (const [a, b] of spans.sort((p, q) => p[0] - q[0])) {\n"
	"    if (b > end) { share += b - Math.max(a, end); end = b; }\n"
	"  }\n"
	"  info.textContent = word ? 'found: ' + (100 * share).toFixed(2) + '%' : '';\n"
	"});\n"
	"]]></script>\n";

struct picture {
	struct strbuf *out;
	struct arena *arena;
	uint64_t total;
	unsigned depth; /* rows */
};

/* Control characters and two others are not allowed in XML, and only UTF-8 is: the name of a
 * thread may be cut within a character. */
static void add_character(struct strbuf *out, const char *text, size_t length)
{
	if (!length || !memcmp(text, "\xef\xbf\xbe", length) || !memcmp(text, "\xef\xbf\xbf", length))
		strbuf_puts(out, "\xef\xbf\xbd");
	else if ((unsigned char)*text < ' ')
		strbuf_putc(out, ' ');
	else
		strbuf_add(out, text, length);
}

/* At most so many characters. */
static void add_escaped(struct strbuf *out, const char *text, size_t most)
{
	size_t left = strlen(text), length;

	for (; left && most--; text += MAX(length, 1), left -= MAX(length, 1)) {
		length = utf8_length(text, left);
		switch (*text) {
		case '&':
			strbuf_puts(out, "&amp;");
			break;
		case '<':
			strbuf_puts(out, "&lt;");
			break;
		case '>':
			strbuf_puts(out, "&gt;");
			break;
		case '"':
			strbuf_puts(out, "&quot;");
			break;
		default:
			add_character(out, text, length);
		}
	}
}

/* What is no character counts as one. */
static size_t count_characters(const char *text)
{
	size_t left = strlen(text), count = 0, length;

	for (; left; text += length, left -= length, count++)
		length = MAX(utf8_length(text, left), 1);
	return count;
}

static bool is_drawn(const struct picture *picture, uint64_t weight)
{
	double width = (double)weight / (double)picture->total * (WIDTH - 2 * MARGIN);

	return width * 1000 >= NARROWEST;
}

static unsigned depth_of(const struct picture *picture, const struct flame *flame, unsigned level)
{
	const struct flame *child;
	unsigned deepest = level + 1;

	if (level == DEPTH_MAX)
		return level;
	for (child = flame->first; child; child = child->next)
		if (is_drawn(picture, child->weight))
			deepest = MAX(deepest, depth_of(picture, child, level + 1));
	return deepest;
}

/* The same name has the same color: shades of red, of blue for the kernel. */
static void add_color(struct strbuf *out, const struct flame *flame)
{
	uint64_t hash = hash_bytes(flame->name, strlen(flame->name));
	unsigned a = (unsigned)(hash % 55), b = (unsigned)(hash / 64 % 120);

	if (flame->is_kernel)
		strbuf_printf(out, "rgb(%u,%u,%u)", 90 + b / 2, 150 + b / 2, 200 + a);
	else
		strbuf_printf(out, "rgb(%u,%u,%u)", 200 + a, 70 + b, 40 + a / 2);
}

static void add_label(struct picture *picture, const struct flame *flame, double x, double width,
		      double y)
{
	size_t room = width > 6 ? (size_t)((width - 6) / 6.7) : 0;
	const char *name = flame->name;

	strbuf_printf(picture->out, "<text x=\"%.2f\" y=\"%.0f\">", x + 3, y + 12);
	if (room >= 3 && count_characters(name) <= room) {
		add_escaped(picture->out, name, room);
	} else if (room >= 3) {
		add_escaped(picture->out, name, room - 2);
		strbuf_puts(picture->out, "..");
	}
	strbuf_puts(picture->out, "</text></g>\n");
}

static void add_frame(struct picture *picture, const struct flame *flame, uint64_t before,
		      unsigned level)
{
	double start = (double)before / (double)picture->total;
	double share = (double)flame->weight / (double)picture->total;
	double full = WIDTH - 2 * MARGIN, x = MARGIN + start * full, width = share * full;
	double y = TOP + (double)(picture->depth - 1 - level) * ROW;
	struct strbuf *out = picture->out;

	strbuf_printf(out, "<g class=\"f\" data-x=\"%.9f\" data-w=\"%.9f\" data-y=\"%u\" data-n=\"",
		      start, share, level);
	add_escaped(out, flame->name, SIZE_MAX);
	strbuf_puts(out, "\"><title>");
	add_escaped(out, flame->name, SIZE_MAX);
	strbuf_printf(out, " (%" PRIu64 ", %.2f%%)</title>", flame->weight, share * 100);
	strbuf_printf(out, "<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" fill=\"", x, y,
		      width, ROW - 1);
	add_color(out, flame);
	strbuf_puts(out, "\"/>");
	add_label(picture, flame, x, width, y);
}

static int compare_names(const void *a, const void *b)
{
	const struct flame *left = *(const struct flame *const *)a;
	const struct flame *right = *(const struct flame *const *)b;
	int order = strcmp(left->name, right->name);

	return order ? order : left->is_kernel - right->is_kernel;
}

/* A frame and all on it, from `before` on, in the order of names. */
static void add_frames(struct picture *picture, const struct flame *flame, uint64_t before,
		       unsigned level)
{
	const struct flame *child, **children;
	size_t count = 0, i;

	if (level >= picture->depth || !is_drawn(picture, flame->weight))
		return;
	add_frame(picture, flame, before, level);
	for (child = flame->first; child; child = child->next)
		count++;
	if (!count)
		return;
	children = arena_new_array(picture->arena, const struct flame *, count);
	for (child = flame->first, i = 0; child; child = child->next)
		children[i++] = child;
	qsort(children, count, sizeof(*children), compare_names);
	for (i = 0; i < count; i++) {
		add_frames(picture, children[i], before, level + 1);
		before += children[i]->weight;
	}
}

void flame_svg(const struct flame *root, struct strbuf *out)
{
	struct picture picture = { .out = out, .arena = out->arena, .total = root->weight };
	unsigned height;

	picture.depth = root->weight ? depth_of(&picture, root, 0) : 0;
	height = TOP + picture.depth * ROW + MARGIN;
	strbuf_printf(out,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		      "viewBox=\"0 0 %d %u\">\n",
		      WIDTH, height, WIDTH, height);
	strbuf_puts(out, style);
	strbuf_printf(out, "<rect width=\"%d\" height=\"%u\" fill=\"#fdfaf3\"/>\n", WIDTH, height);
	strbuf_printf(out,
		      "<text id=\"title\" x=\"%d\" y=\"20\">Flame graph</text>"
		      "<text id=\"info\" x=\"%d\" y=\"38\">%s</text>"
		      "<text id=\"find\" x=\"%d\" y=\"20\">find</text>\n",
		      MARGIN, MARGIN, root->weight ? "" : "no stacks were recorded", WIDTH - 50);
	if (root->weight)
		add_frames(&picture, root, 0, 0);
	strbuf_puts(out, script);
	strbuf_puts(out, "</svg>\n");
}
