/*
 * The grammar of the language (language.md 2, 3, 5).
 *
 * Actions only call constructors.  What needs more than one token to tell
 * apart (cast, record or group; one- or two-sided operators; the end of a
 * predicate) the lexer has decided and given tokens of their own.
 *
 * Errors: the lexer skips to the ';' or '}' at which the rules with `error`
 * go on, see lexer_recover().  Messages are made in syntax_error.c.
 */
%code requires {
#include "base/source.h"
#include "lexer/literal.h"

struct block;
struct expr;
struct expr_vec;
struct function;
struct macro;
struct name_vec;
struct parser;
struct probe;
struct record_items;
struct stmt;
struct stmt_vec;
struct type_spec;
}

%code {
#include "parser/ast_new.h"
#include "parser/parser.h"

#define MAKER (&parser->maker)

#define YYLLOC_DEFAULT(current, rhs, n) \
	do { \
		if (n) { \
			(current).start = YYRHSLOC(rhs, 1).start; \
			(current).end = YYRHSLOC(rhs, n).end; \
		} else { \
			(current).start = (current).end = YYRHSLOC(rhs, 0).end; \
		} \
	} while (0)

/* On the heap; the limits of the lexer and of the tree are met before this one. */
#define YYMAXDEPTH 40000
}

%define api.pure full
%define api.prefix {grammar_}
%define api.token.prefix {TOKEN_}
%define api.location.type {struct span}
%define parse.error custom
%locations
%expect 0
%param { struct parser *parser }

%union token_value {
	const char *name;
	struct literal_number number;
	struct {
		const char *text;
		size_t length;
	} string;
	bool is_line, is_const;
	int op;
	struct block *block;
	struct expr *expr;
	struct expr_vec *exprs;
	struct function *function;
	struct macro *macro;
	struct name_vec *names;
	struct probe *probe;
	struct record_items *record;
	struct stmt *stmt;
	struct stmt_vec *stmts;
	struct type_spec *spec;
}

/* Words; those from BREAK to WHILE are names where they cannot be keywords. */
%token BREAK "'break'" COMPTIME "'comptime'" CONTINUE "'continue'" ELSE "'else'" ENUM "'enum'"
%token FALSE "'false'" FOR "'for'" IF "'if'" IMPORT "'import'" LET "'let'" OFFSETOF "'offsetof'"
%token RETURN "'return'" SIZEOF "'sizeof'" STRUCT "'struct'" TRUE "'true'" TYPEINFO "'typeinfo'"
%token TYPEOF "'typeof'" UNDERSCORE "'_'" UNION "'union'" UNROLL "'unroll'" WHILE "'while'"
%token CONFIG "'config'" FN "'fn'" MACRO "'macro'"
%token <name> IDENT "a name" VAR "a variable" MAP "a map"
%token <number> NUMBER "a number" PARAM "a parameter"
%token PARAM_COUNT "'$#'"
%token <string> STRING "a string"
%token <is_line> C_TEXT "a C definition"
%token <is_const> QUALIFIER "'const'"
%token ATTACH_POINT "an attach point"

%token PREDICATE_BEGIN "'/'" PREDICATE_END "the '/' at the end of the predicate"
%token CAST_BEGIN "'(' of a cast" RECORD_BEGIN "'(' of a record"
%token NEGATE "'-'" ADDRESS "'&'" DEREF "'*'" TYPE_STAR "'*' of a type"
%token INCREMENT "'++'" DECREMENT "'--'" POST_INCREMENT "'++' after" POST_DECREMENT "'--' after"
%token LOGICAL_OR "'||'" LOGICAL_AND "'&&'" EQ "'=='" NE "'!='" LE "'<='" GE "'>='" SHL "'<<'" SHR "'>>'"
%token ARROW "'->'" RANGE "'..'"
%token ADD_ASSIGN "'+='" SUB_ASSIGN "'-='" MUL_ASSIGN "'*='" DIV_ASSIGN "'/='" MOD_ASSIGN "'%='"
%token AND_ASSIGN "'&='" OR_ASSIGN "'|='" XOR_ASSIGN "'^='" SHL_ASSIGN "'<<='" SHR_ASSIGN "'>>='"

%right '?' ':'
%left LOGICAL_OR
%left LOGICAL_AND
%left '|'
%left '^'
%left '&'
%left EQ NE
%left '<' '>' LE GE
%left SHL SHR
%left '+' '-'
%left '*' '/' '%'
%precedence PREFIX
%precedence '.' ARROW '[' POST_INCREMENT POST_DECREMENT

%type <probe> attach_points probe
%type <macro> macro_params macro_param_list
%type <function> fn_params fn_param_list
%type <block> block
%type <stmts> stmts
%type <stmt> stmt simple_stmt
%type <expr> expr if type_operand tagged_type starred_type
%type <exprs> exprs args
%type <record> record_items
%type <names> fields
%type <spec> type base_type optional_type tag
%type <op> assign_op

%%

script
	: %empty
	| script ';'
	| script decl
	| script error ';'	{ yyerrok; }
	;

decl
	: C_TEXT		{ parser_c_text(parser, @$, $1); }
	| CONFIG '=' '{' config_entries last_config_entry '}'
				{ parser_config_end(parser, @$); }
	| IMPORT STRING		{ parser_import(parser, @$, $2.text, @2); }
	| probe			{ parser_probe(parser, @$, $1); }
	| MACRO IDENT '(' macro_params ')' block
				{ parser_macro(parser, @$, $2, @2, $4, $6); }
	| FN IDENT '(' fn_params ')' ':' type block
				{ parser_function(parser, @$, $2, @2, $4, $7, $8); }
	| LET MAP '=' IDENT '(' expr ')'
				{ parser_map_decl(parser, @$, $2, @2, $4, @4, $6); }
	;

config_entries
	: %empty			{ parser_config_begin(parser); }
	| config_entries ';'
	| config_entries config_entry ';'
	| config_entries error ';'	{ yyerrok; }
	;

last_config_entry
	: %empty
	| config_entry
	| error
	;

config_entry
	: IDENT '=' IDENT	{ parser_config_entry(parser, @$, $1, @1, @3, NULL); }
	| IDENT '=' NUMBER	{ parser_config_entry(parser, @$, $1, @1, @3, NULL); }
	| IDENT '=' STRING	{ parser_config_entry(parser, @$, $1, @1, @3, $3.text); }
	;

probe
	: attach_points optional_comma block
				{ $$ = parser_probe_parts(parser, $1, NULL, $3); }
	| attach_points optional_comma PREDICATE_BEGIN expr PREDICATE_END block
				{ $$ = parser_probe_parts(parser, $1, $4, $6); }
	;

attach_points
	: ATTACH_POINT			{ $$ = parser_attach_point(parser, NULL, @1); }
	| attach_points ',' ATTACH_POINT	{ $$ = parser_attach_point(parser, $1, @3); }
	;

macro_params
	: %empty		{ $$ = parser_macro_param(parser, NULL, 0, NULL, SPAN_NONE); }
	| macro_param_list optional_comma
	;

macro_param_list
	: VAR		{ $$ = parser_macro_param(parser, NULL, MACRO_PARAM_VAR, $1, @1); }
	| MAP		{ $$ = parser_macro_param(parser, NULL, MACRO_PARAM_MAP, $1, @1); }
	| IDENT		{ $$ = parser_macro_param(parser, NULL, MACRO_PARAM_EXPR, $1, @1); }
	| macro_param_list ',' VAR
			{ $$ = parser_macro_param(parser, $1, MACRO_PARAM_VAR, $3, @3); }
	| macro_param_list ',' MAP
			{ $$ = parser_macro_param(parser, $1, MACRO_PARAM_MAP, $3, @3); }
	| macro_param_list ',' IDENT
			{ $$ = parser_macro_param(parser, $1, MACRO_PARAM_EXPR, $3, @3); }
	;

fn_params
	: %empty		{ $$ = parser_fn_param(parser, NULL, NULL, SPAN_NONE, NULL); }
	| fn_param_list optional_comma
	;

fn_param_list
	: VAR ':' type		{ $$ = parser_fn_param(parser, NULL, $1, @1, $3); }
	| fn_param_list ',' VAR ':' type
				{ $$ = parser_fn_param(parser, $1, $3, @3, $5); }
	;

optional_comma
	: %empty
	| ','
	;

/* Statements.  A ';' after the '}' of an if or block that is a statement comes from the lexer. */
block
	: '{' stmts '}'			{ $$ = ast_block(MAKER, @$, $2, NULL); }
	| '{' stmts expr '}'		{ $$ = parser_block(parser, @$, $2, $3); }
	| '{' stmts simple_stmt '}'	{ $$ = ast_block(MAKER, @$, parser_stmt(parser, $2, $3), NULL); }
	| '{' stmts error '}'		{ $$ = ast_block(MAKER, @$, $2, NULL); yyerrok; }
	;

stmts
	: %empty		{ $$ = parser_stmts(parser); }
	| stmts ';'
	| stmts stmt		{ $$ = parser_stmt(parser, $1, $2); }
	| stmts error ';'	{ $$ = $1; yyerrok; }
	;

stmt
	: simple_stmt ';'
	| simple_stmt error	{ $$ = $1; if (!parser->lexer.recovering) yyerrok; }
	| expr ';'		{ $$ = ast_stmt_expr(MAKER, @1, $1); }
	| expr error		{ $$ = ast_stmt_expr(MAKER, @1, $1); if (!parser->lexer.recovering) yyerrok; }
	| WHILE expr block	{ $$ = ast_loop(MAKER, @$, STMT_WHILE, $2, parser_body(parser, $3)); }
	| UNROLL expr block	{ $$ = ast_loop(MAKER, @$, STMT_UNROLL, $2, parser_body(parser, $3)); }
	| FOR VAR ':' expr RANGE expr block
				{ $$ = ast_for_range(MAKER, @$, $2, @2, $4, $6,
						     parser_body(parser, $7)); }
	| FOR '(' VAR ':' expr RANGE expr ')' block
				{ $$ = ast_for_range(MAKER, @$, $3, @3, $5, $7,
						     parser_body(parser, $9)); }
	| FOR VAR ':' expr block
				{ $$ = parser_for_map(parser, @$, $2, @2, $4, $5); }
	| FOR '(' VAR ':' expr ')' block
				{ $$ = parser_for_map(parser, @$, $3, @3, $5, $7); }
	;

simple_stmt
	: LET VAR optional_type	{ $$ = ast_let(MAKER, @$, $2, @2, $3, NULL); }
	| LET VAR optional_type '=' expr
				{ $$ = ast_let(MAKER, @$, $2, @2, $3, $5); }
	| expr '=' expr		{ $$ = parser_assign(parser, @$, $1, -1, $3); }
	| expr assign_op expr	{ $$ = parser_assign(parser, @$, $1, $2, $3); }
	| UNDERSCORE '=' expr	{ $$ = ast_discard(MAKER, @$, $3); }
	| BREAK			{ $$ = ast_jump(MAKER, @$, STMT_BREAK); }
	| CONTINUE		{ $$ = ast_jump(MAKER, @$, STMT_CONTINUE); }
	| RETURN		{ $$ = ast_return(MAKER, @$, NULL); }
	| RETURN expr		{ $$ = ast_return(MAKER, @$, $2); }
	| IMPORT STRING		{ $$ = ast_import(MAKER, @$, $2.text, @2); }
	;

assign_op
	: ADD_ASSIGN	{ $$ = BINARY_ADD; }
	| SUB_ASSIGN	{ $$ = BINARY_SUB; }
	| MUL_ASSIGN	{ $$ = BINARY_MUL; }
	| DIV_ASSIGN	{ $$ = BINARY_DIV; }
	| MOD_ASSIGN	{ $$ = BINARY_MOD; }
	| AND_ASSIGN	{ $$ = BINARY_AND; }
	| OR_ASSIGN	{ $$ = BINARY_OR; }
	| XOR_ASSIGN	{ $$ = BINARY_XOR; }
	| SHL_ASSIGN	{ $$ = BINARY_SHL; }
	| SHR_ASSIGN	{ $$ = BINARY_SHR; }
	;

/* Expressions. */
expr
	: NUMBER	{ $$ = ast_number(MAKER, @$, $1.value, $1.is_unsigned, $1.is_duration); }
	| STRING	{ $$ = ast_string(MAKER, @$, $1.text, $1.length); }
	| TRUE		{ $$ = ast_bool(MAKER, @$, true); }
	| FALSE		{ $$ = ast_bool(MAKER, @$, false); }
	| IDENT		{ $$ = ast_ident(MAKER, @$, $1); }
	| VAR		{ $$ = ast_var(MAKER, @$, $1); }
	| MAP %prec PREFIX	{ $$ = ast_map(MAKER, @$, $1, NULL); }
	| MAP '[' exprs ']'	{ $$ = ast_map(MAKER, @$, $1, $3); }
	| PARAM		{ $$ = ast_param(MAKER, @$, $1.value); }
	| PARAM_COUNT	{ $$ = ast_param_count(MAKER, @$); }
	| IDENT '(' ')'		{ $$ = ast_call(MAKER, @$, $1, @1, parser_exprs(parser, NULL, NULL)); }
	| IDENT '(' args ')'	{ $$ = ast_call(MAKER, @$, $1, @1, $3); }
	| IDENT '(' args ',' ')'	{ $$ = ast_call(MAKER, @$, $1, @1, $3); }
	| SIZEOF '(' type_operand ')'	{ $$ = ast_of(MAKER, @$, EXPR_SIZEOF, $3, NULL); }
	| TYPEOF '(' type_operand ')'	{ $$ = ast_of(MAKER, @$, EXPR_TYPEOF, $3, NULL); }
	| TYPEINFO '(' type_operand ')'	{ $$ = ast_of(MAKER, @$, EXPR_TYPEINFO, $3, NULL); }
	| OFFSETOF '(' type_operand ',' fields ')'
				{ $$ = ast_of(MAKER, @$, EXPR_OFFSETOF, $3, $5); }
	| '(' ')'		{ $$ = ast_tuple(MAKER, @$, NULL); }
	| '(' expr ')'		{ $$ = $2; }
	| '(' expr ',' ')'	{ $$ = ast_tuple(MAKER, @$, parser_exprs(parser, NULL, $2)); }
	| '(' expr ',' exprs ')'
				{ $$ = ast_tuple(MAKER, @$, parser_exprs_prepend(parser, $4, $2)); }
	| '(' expr ',' exprs ',' ')'
				{ $$ = ast_tuple(MAKER, @$, parser_exprs_prepend(parser, $4, $2)); }
	| RECORD_BEGIN record_items ')'	{ $$ = parser_record(parser, @$, $2); }
	| RECORD_BEGIN record_items ',' ')'	{ $$ = parser_record(parser, @$, $2); }
	| CAST_BEGIN type ')' expr %prec PREFIX
				{ $$ = ast_cast(MAKER, @$, $2, $4); }
	| block			{ $$ = ast_block_expr(MAKER, @$, $1); }
	| if
	| COMPTIME expr %prec PREFIX	{ $$ = ast_comptime(MAKER, @$, $2); }
	| NEGATE expr %prec PREFIX	{ $$ = ast_unary(MAKER, @$, UNARY_NEG, $2); }
	| '!' expr %prec PREFIX		{ $$ = ast_unary(MAKER, @$, UNARY_NOT, $2); }
	| '~' expr %prec PREFIX		{ $$ = ast_unary(MAKER, @$, UNARY_COMPLEMENT, $2); }
	| DEREF expr %prec PREFIX	{ $$ = ast_unary(MAKER, @$, UNARY_DEREF, $2); }
	| ADDRESS expr %prec PREFIX	{ $$ = ast_unary(MAKER, @$, UNARY_ADDRESS, $2); }
	| INCREMENT expr %prec PREFIX	{ $$ = ast_incdec(MAKER, @$, $2, true, true); }
	| DECREMENT expr %prec PREFIX	{ $$ = ast_incdec(MAKER, @$, $2, false, true); }
	| expr POST_INCREMENT	{ $$ = ast_incdec(MAKER, @$, $1, true, false); }
	| expr POST_DECREMENT	{ $$ = ast_incdec(MAKER, @$, $1, false, false); }
	| expr '.' IDENT	{ $$ = ast_field(MAKER, @$, $1, $3, @3); }
	| expr ARROW IDENT	{ $$ = ast_field(MAKER, @$, $1, $3, @3); }
	| expr '.' NUMBER	{ $$ = parser_element(parser, @$, $1, $3.value); }
	| expr '[' expr ']'	{ $$ = ast_index(MAKER, @$, $1, $3); }
	| expr '?' expr ':' expr	{ $$ = ast_ternary(MAKER, @$, $1, $3, $5); }
	| expr '?' ':' expr	{ $$ = ast_ternary(MAKER, @$, $1, NULL, $4); }
	| expr LOGICAL_OR expr	{ $$ = ast_binary(MAKER, @$, BINARY_LOGICAL_OR, @2, $1, $3); }
	| expr LOGICAL_AND expr	{ $$ = ast_binary(MAKER, @$, BINARY_LOGICAL_AND, @2, $1, $3); }
	| expr '|' expr		{ $$ = ast_binary(MAKER, @$, BINARY_OR, @2, $1, $3); }
	| expr '^' expr		{ $$ = ast_binary(MAKER, @$, BINARY_XOR, @2, $1, $3); }
	| expr '&' expr		{ $$ = ast_binary(MAKER, @$, BINARY_AND, @2, $1, $3); }
	| expr EQ expr		{ $$ = ast_binary(MAKER, @$, BINARY_EQ, @2, $1, $3); }
	| expr NE expr		{ $$ = ast_binary(MAKER, @$, BINARY_NE, @2, $1, $3); }
	| expr '<' expr		{ $$ = ast_binary(MAKER, @$, BINARY_LT, @2, $1, $3); }
	| expr '>' expr		{ $$ = ast_binary(MAKER, @$, BINARY_GT, @2, $1, $3); }
	| expr LE expr		{ $$ = ast_binary(MAKER, @$, BINARY_LE, @2, $1, $3); }
	| expr GE expr		{ $$ = ast_binary(MAKER, @$, BINARY_GE, @2, $1, $3); }
	| expr SHL expr		{ $$ = ast_binary(MAKER, @$, BINARY_SHL, @2, $1, $3); }
	| expr SHR expr		{ $$ = ast_binary(MAKER, @$, BINARY_SHR, @2, $1, $3); }
	| expr '+' expr		{ $$ = ast_binary(MAKER, @$, BINARY_ADD, @2, $1, $3); }
	| expr '-' expr		{ $$ = ast_binary(MAKER, @$, BINARY_SUB, @2, $1, $3); }
	| expr '*' expr		{ $$ = ast_binary(MAKER, @$, BINARY_MUL, @2, $1, $3); }
	| expr '/' expr		{ $$ = ast_binary(MAKER, @$, BINARY_DIV, @2, $1, $3); }
	| expr '%' expr		{ $$ = ast_binary(MAKER, @$, BINARY_MOD, @2, $1, $3); }
	;

if
	: IF expr block		{ $$ = ast_if(MAKER, @$, $2, $3, NULL, false); }
	| IF expr block ELSE block
				{ $$ = ast_if(MAKER, @$, $2, $3, $5, false); }
	| IF expr block ELSE if	{ $$ = parser_else_if(parser, @$, $2, $3, $5, @5); }
	;

exprs
	: expr			{ $$ = parser_exprs(parser, NULL, $1); }
	| exprs ',' expr	{ $$ = parser_exprs(parser, $1, $3); }
	;

args
	: type_operand		{ $$ = parser_exprs(parser, NULL, $1); }
	| args ',' type_operand	{ $$ = parser_exprs(parser, $1, $3); }
	;

record_items
	: IDENT '=' expr		{ $$ = parser_record_item(parser, NULL, $1, $3); }
	| record_items ',' IDENT '=' expr
					{ $$ = parser_record_item(parser, $1, $3, $5); }
	;

fields
	: IDENT			{ $$ = parser_names(parser, NULL, $1); }
	| fields '.' IDENT	{ $$ = parser_names(parser, $1, $3); }
	;

/* Types.  As an argument a type may begin like an expression: then it is read as one. */
optional_type
	: %empty		{ $$ = NULL; }
	| ':' type		{ $$ = $2; }
	;

type
	: base_type
	| type star		{ $$ = parser_pointer(parser, @$, $1); }
	| type '[' NUMBER ']'	{ $$ = parser_array(parser, @$, $1, $3.value); }
	;

base_type
	: IDENT			{ $$ = ast_type_spec(MAKER, @$, TYPE_SPEC_NAME, $1); }
	| tag
	| TYPEOF '(' type_operand ')'	{ $$ = ast_typeof_spec(MAKER, @$, $3); }
	| QUALIFIER base_type	{ $$ = parser_qualified($2, $1, @$); }
	;

tag
	: STRUCT IDENT		{ $$ = ast_type_spec(MAKER, @$, TYPE_SPEC_STRUCT, $2); }
	| UNION IDENT		{ $$ = ast_type_spec(MAKER, @$, TYPE_SPEC_UNION, $2); }
	| ENUM IDENT		{ $$ = ast_type_spec(MAKER, @$, TYPE_SPEC_ENUM, $2); }
	;

star
	: '*'
	| DEREF
	| TYPE_STAR
	;

type_operand
	: expr			{ $$ = parser_type_operand(parser, $1); }
	| tagged_type
	| starred_type
	;

tagged_type
	: tag			{ $$ = ast_type(MAKER, @$, $1); }
	| QUALIFIER base_type	{ $$ = ast_type(MAKER, @$, parser_qualified($2, $1, @$)); }
	| tagged_type star	{ $$ = parser_pointer_operand(parser, @$, $1); }
	| tagged_type '[' NUMBER ']'	{ $$ = parser_array_operand(parser, @$, $1, $3.value); }
	;

starred_type
	: expr TYPE_STAR	{ $$ = parser_pointer_operand(parser, @$, $1); }
	| starred_type TYPE_STAR	{ $$ = parser_pointer_operand(parser, @$, $1); }
	| starred_type '[' NUMBER ']'	{ $$ = parser_array_operand(parser, @$, $1, $3.value); }
	;

%%

static bool expects(const yysymbol_kind_t *kinds, int count, int token)
{
	int i;

	for (i = 0; i < count; i++)
		if (kinds[i] == YYTRANSLATE(token))
			return true;
	return false;
}

/* Tells syntax_error.c what the automaton could have gone on with. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parser *parser)
{
	/* Those worth naming; the second half may also begin an expression. */
	static const int telling[] = {
		';', ')', ']', '}', ',', ':', '=', TOKEN_RANGE, TOKEN_PREDICATE_END, TOKEN_ATTACH_POINT,
		'{', '(', TOKEN_IDENT, TOKEN_VAR, TOKEN_MAP, TOKEN_NUMBER, TOKEN_STRING,
	};
	enum { UNAMBIGUOUS = 10 };
	yysymbol_kind_t kinds[YYNTOKENS];
	int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
	struct syntax_error error = { .span = *yypcontext_location(context) };
	size_t i, end;

	error.wants_expression = expects(kinds, count, TOKEN_SIZEOF);
	error.wants_statement = expects(kinds, count, TOKEN_LET);
	error.wants_operator = expects(kinds, count, '+');
	error.wants_declaration = expects(kinds, count, TOKEN_CONFIG);
	error.wants_semicolon = expects(kinds, count, ';');
	end = error.wants_expression ? UNAMBIGUOUS : ARRAY_SIZE(telling);
	for (i = 0; i < end; i++)
		if (expects(kinds, count, telling[i]))
			error.names[error.name_count++] = telling[i] < 256
				? arena_printf(parser->arena, "'%c'", telling[i])
				: yysymbol_name(YYTRANSLATE(telling[i]));
	syntax_error_report(parser, &error);
	return 0;
}
