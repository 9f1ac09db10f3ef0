#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is what the documents say what the code says?

Reads Documentation/*.rst, README.md and CONTRIBUTING.rst, compares their numbers, names
and tables with the sources, most of it by compiling a C program against the headers. Each check prints
"ok NAME" or "FAIL NAME" with what is wrong. --selftest plants a mistake for each check
and wants to see it found.

What is compared follows from how the documents are written:

    ``CCM_NAME`` (12 ms)            a constant with its value, anywhere
    a row  ``CCM_NAME``, 12, ...    the same, in a csv-table
    a csv-table with the title      the layout of a struct, or of a message as its
    "struct NAME (N bytes)" or      encoder writes it: rows of offset, size, field
    "CCM_WIRE_NAME (N bytes)"
"""
import csv
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NUMBER = r'-?(?:0x[0-9a-fA-F]+|\d+)'
NAME = r'CCM_[A-Z0-9_]*[A-Z0-9]'


def read(*path):
    with open(os.path.join(*path), encoding='utf-8') as file:
        return file.read()


def without_comments(text):
    return re.sub(r'/\*.*?\*/', '', re.sub(r'//[^\n]*', '', text), flags=re.S)


def bare(cell):
    return cell.strip().strip('`')


class Table:
    """One csv-table: its title and its rows, as lists of cells."""

    def __init__(self, page, title, rows):
        self.page, self.title, self.rows = page, title, rows

    def where(self, row):
        return '%s, "%s", row %s' % (self.page, self.title, ', '.join(row[:3]))


def csv_tables(page, text):
    tables = []
    lines = text.split('\n')
    for start, line in enumerate(lines):
        match = re.match(r'\.\. csv-table::\s*(.*)', line)
        if not match:
            continue
        body = []
        for row in lines[start + 1:]:
            if row.strip() and not row.startswith(' '):
                break
            body.append(row.strip())
        rows = [r for r in body if r and not r.startswith(':')]
        tables.append(Table(page, match.group(1).strip(),
                            list(csv.reader(rows, skipinitialspace=True))))
    return tables


# Documents that lie beside the sources, not in Documentation
AT_TOP = ('README.md', 'CONTRIBUTING.rst')


class Documents:
    def __init__(self, folder, top):
        self.pages = {f: read(folder, f) for f in sorted(os.listdir(folder)) if f.endswith('.rst')}
        self.pages.update({f: read(top, f) for f in AT_TOP})
        self.tables = [t for page, text in self.pages.items() for t in csv_tables(page, text)]

    def titled(self, title):
        found = [t for t in self.tables if t.title == title]
        if len(found) != 1:
            raise ValueError('there are %d tables with the title "%s"' % (len(found), title))
        return found[0]


class Code:
    """What the sources say, as text."""

    def __init__(self):
        self.files = {}
        for folder in ('ccm', 'include', 'tests/modules'):
            for path, _, names in os.walk(os.path.join(TOP, folder)):
                for name in names:
                    if name.endswith(('.c', '.h')):
                        file = os.path.join(path, name)
                        self.files[os.path.relpath(file, TOP)] = read(file)
        self.uapi = self.files['include/uapi/linux/ccm.h']
        self.wire = self.files['ccm/core/wire.h']

    def names(self):
        return set(re.findall(NAME, '\n'.join(self.files.values())))

    def private_defines(self):
        """Constants of headers that only the kernel can include, and of .c files."""
        lines = []
        for path, text in sorted(self.files.items()):
            if path.startswith('include/uapi/') or (path.startswith('ccm/core/') and path.endswith('.h')):
                continue
            for name, value in re.findall(r'^#define (%s)[ \t]+(\S[^\n]*)' % NAME,
                                          without_comments(text), re.M):
                lines.append('#ifndef %s\n#define %s %s\n#endif' % (name, name, value))
        return '\n'.join(lines)

    def enumerators(self, text):
        found = []
        for body in re.findall(r'enum \w+ \{(.*?)\}', without_comments(text), re.S):
            found += re.findall(r'\b(%s)\b' % NAME, body)
        return [n for n in found if not n.endswith('_COUNT')]

    def defines(self, text):
        return re.findall(r'^#define (%s)[ \t]+\S' % NAME, without_comments(text), re.M)

    def members(self, struct, text):
        body = re.search(r'struct %s \{(.*?)\n\};' % struct, without_comments(text), re.S)
        return re.findall(r'(\w+)(?:\[\w+\])?;', body.group(1)) if body else []


HEAD = r'''
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <uapi/linux/ccm.h>
#include <uapi/linux/ccm_netlink.h>
#include "core/liveness.h"
#include "core/names.h"
#include "core/session.h"
#include "core/wire.h"
#include "core/failover_record.h"
#include "core/reason.h"
#include "core/schedule.h"
%s
static void same(const char *what, const u8 *a, const u8 *b, int len)
{
	int first = -1, last = -1, i;

	for (i = 0; i < len; i++) {
		if (a[i] != b[i]) {
			first = first < 0 ? i : first;
			last = i;
		}
	}
	printf("%%s %%d %%d\n", what, first, last + 1);
}

int main(void)
{
	static u8 base[65536], probe[65536];
	(void)base; (void)probe; (void)same;
'''


def compile_c(arguments):
    command = [os.environ.get('CC', 'cc'), '-std=gnu11', '-w', '-I' + TOP + '/ccm',
               '-I' + TOP + '/include', '-isystem', TOP + '/include/uapi'] + arguments
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError('the C program does not compile:\n' + done.stderr[:2000])


@functools.lru_cache(maxsize=None)
def core():
    """The core's part that the programs use, compiled once: one object, which goes with this process."""
    folder = tempfile.TemporaryDirectory()
    names = ('wire.c', 'catalog.c', 'links_wire.c', 'liveness.c', 'names.c', 'failover.c',
             'failover_record.c', 'reason.c')
    compile_c(['-r', '-o', os.path.join(folder.name, 'core.o')] +
              [os.path.join(TOP, 'ccm/core', name) for name in names])
    return folder


@functools.lru_cache(maxsize=None)
def output_of(text):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, 'facts.c')
        program = os.path.join(folder, 'facts')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(text)
        compile_c(['-o', program, source, os.path.join(core().name, 'core.o')])
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def run_c(code, statements):
    """What a C program with these statements prints: {first word: [other words]}."""
    output = output_of(HEAD % code.private_defines() + '\n'.join(statements) + '\nreturn 0;\n}\n')
    return {line.split()[0]: line.split()[1:] for line in output.splitlines()}


def layout_title(table):
    match = re.fullmatch(r'(?:struct )?(\w+) \((\d+) bytes\)', table.title)
    return (match.group(1), int(match.group(2))) if match else None


# --- the checks: each yields what is wrong ------------------------------------------

def check_names(docs, code):
    """Every CCM_NAME in the documents is in the code; CCM_PREFIX_* stands for several."""
    known = code.names()
    for page, text in docs.pages.items():
        for name, star in set(re.findall(r'\b(%s)(_\*)?' % NAME, text)):
            if not (name in known or name + '_LEN' in known or star and any(k.startswith(name + '_') for k in known)):
                if not name.startswith(('CCM_LAB_', 'CCM_HOLD_', 'CCM_TEST_')):    # of the environment
                    yield '%s: %s is nowhere in the code' % (page, name)


def constants_in(docs):
    for page, text in docs.pages.items():
        for name, value in re.findall(r'`(%s)``? \((%s)(?: (?:ms|µs|bytes))?\)' % (NAME, NUMBER), text):
            yield page, name, int(value, 0)
    for table in docs.tables:
        if layout_title(table):
            continue
        for row in table.rows:
            value = re.match(NUMBER, row[1]) if len(row) > 1 else None
            if re.fullmatch('``%s``' % NAME, row[0]) and value:
                yield table.where(row), bare(row[0]), int(value.group(), 0)


def check_constants(docs, code):
    """Values of constants."""
    known = code.names()
    found = [c for c in constants_in(docs) if c[1] in known]
    if len(found) < 60:
        yield 'only %d constants with a value were found: is the pattern right?' % len(found)
    values = run_c(code, ['printf("%s %%lld\\n", (long long)(%s));' % (n, n)
                          for n in sorted({c[1] for c in found})])
    for where, name, value in found:
        if int(values[name][0]) != value:
            yield '%s: %s is %s in the code, not %s' % (where, name, values[name][0], value)


def contiguous(table, size):
    end = 0
    for row in table.rows:
        if int(row[0]) != end:
            yield '%s: begins at %s, but what is before it ends at %d' % (table.where(row), row[0], end)
        end = int(row[0]) + int(row[1])
    if end != size:
        yield '%s, "%s": the fields end at %d' % (table.page, table.title, end)


def check_structs(docs, code):
    """Layouts of the structs of the user-space interface."""
    tables = [t for t in docs.tables if t.title.startswith('struct ')]
    wanted = set(re.findall(r'^struct (\w+) \{', code.uapi, re.M))
    if {layout_title(t)[0] for t in tables} != wanted:
        yield 'structs of the interface are %s, those described are others' % sorted(wanted)
        return
    for table in tables:
        name, size = layout_title(table)
        yield from contiguous(table, size)
        known = code.members(name, code.uapi)
        rows = {bare(row[2]): row for row in table.rows}
        if list(rows) != known:
            yield '%s: the fields are %s' % (table.title, ', '.join(known))
            continue
        facts = run_c(code, ['printf("whole.size %%zu\\n", sizeof(struct %s));' % name] +
                      ['printf("%s %%zu %%zu\\n", offsetof(struct %s, %s), sizeof(((struct %s *)0)->%s));'
                       % (f, name, f, name, f) for f in known])
        if int(facts['whole.size'][0]) != size:
            yield '%s: it has %s bytes' % (table.title, facts['whole.size'][0])
        for field, row in rows.items():
            if facts[field] != [row[0], row[1]]:
                yield '%s: it is at %s, %s bytes' % (table.where(row), *facts[field])


def check_wire(docs, code):
    """Layouts of messages: what the encoder changes when one field is changed."""
    tables = {layout_title(t)[0]: t for t in docs.tables
              if layout_title(t) and t.title.startswith('CCM_WIRE_')}
    wanted = set(re.findall(r'^#define (CCM_WIRE_\w+)_LEN\t', code.wire, re.M))
    wanted -= {'CCM_WIRE_NAME', 'CCM_WIRE_PROOF', 'CCM_WIRE_SECRET', 'CCM_WIRE_CHALLENGE'}
    if set(tables) != wanted:
        yield 'messages not described: %s; unknown: %s' % (wanted - set(tables), set(tables) - wanted)
    for message in sorted(wanted & set(tables)):
        table = tables[message]
        _, size = layout_title(table)
        yield from contiguous(table, size)
        name = message[len('CCM_WIRE_'):].lower()
        statements = ['printf("size %%d\\n", %s_LEN);' % message]
        if name == 'header':
            statements += ['struct ccm_wire_ring m; memset(&m, 0, sizeof(m));',
                           'ccm_wire_put_ring(probe, &m);',
                           'u8 w[8] = {CCM_WIRE_MAGIC & 255, CCM_WIRE_MAGIC >> 8 & 255,'
                           'CCM_WIRE_MAGIC >> 16 & 255, CCM_WIRE_MAGIC >> 24 & 255,'
                           'CCM_WIRE_RING, 0, CCM_WIRE_RING_LEN, 0};',
                           'same("differ", w, probe, 8);']
            facts = run_c(code, statements)
            described = [(r[0], r[1], bare(r[2])) for r in table.rows]
            if described != [('0', '4', 'magic'), ('4', '2', 'type'), ('6', '2', 'length')] or \
                    facts['differ'] != ['-1', '0']:
                yield '%s: not what the encoder writes' % table.title
        else:
            fields = [r for r in table.rows if bare(r[2]) not in ('header', 'reserved')]
            members = code.members('ccm_wire_' + name, code.wire)
            if sorted(bare(r[2]) for r in fields) != sorted(members):
                yield '%s: the fields are %s' % (table.title, ', '.join(members))
                continue
            statements += ['struct ccm_wire_%s m; memset(&m, 0, sizeof(m));' % name,
                           'ccm_wire_put_%s(base, &m);' % name]
            for field in members:
                statements.append('memset(&m, 0, sizeof(m)); memset(&m.%s, 0xff, sizeof(m.%s));'
                                  'ccm_wire_put_%s(probe, &m); same("f.%s", base, probe, sizeof(base));'
                                  % (field, field, name, field))
            facts = run_c(code, statements)
            for row in fields:
                first, end = (int(x) for x in facts['f.' + bare(row[2])])
                if bare(row[2]) == 'name':
                    end += 1    # its NUL is not changed
                if (first, end - first) != (int(row[0]), int(row[1])):
                    yield '%s: it is at %d, %d bytes' % (table.where(row), first, end - first)
        if int(facts['size'][0]) != size:
            yield '%s: it has %s bytes' % (table.title, facts['size'][0])


def changed(struct, variable, field, put, size):
    """Statements that print which bytes a field with all bits set changes."""
    return ['memset(base, 0, sizeof(base)); memset(probe, 0, sizeof(probe));',
            'memset(&%s, 0, sizeof(%s)); %s' % (struct, struct, put.replace('BUF', 'base')),
            'memset(&%s, 0xff, sizeof(%s)); %s' % (variable, variable, put.replace('BUF', 'probe')),
            'same("%s", base, probe, %d);' % (field, size)]


def check_mail(docs, code):
    """Layouts of catalogs and tables of links, likewise."""
    headers = ''.join(code.files['ccm/core/' + name] for name in ('catalog.h', 'links_wire.h'))
    entry = '{ c.count = 1; ccm_catalog_put(BUF, &c); memmove(BUF, BUF + 40, 80); }'
    slot = 'ccm_links_put_slot(BUF, 0, &s); memmove(BUF, BUF + 32, 64);'
    parts = {'CCM_CATALOG_HEADER': ('ccm_catalog', 'c', 'c', '{ c.count = 0; ccm_catalog_put(BUF, &c); }'),
             'CCM_CATALOG_ENTRY': ('ccm_catalog_entry', 'c', 'c.entries[0]', entry),
             'CCM_LINKS_HEADER': ('ccm_links_header', 'h', 'h', '{ h.count = 0; ccm_links_put(BUF, &h); }'),
             'CCM_LINK_SLOT': ('ccm_link_slot', 's', 's', slot)}
    declare = ['static struct ccm_catalog c; static struct ccm_link_slot s;'
               'static struct ccm_links_header h;']
    for title, (struct, whole, variable, put) in parts.items():
        table = docs.titled('%s (%d bytes)' % (
            title, int(run_c(code, ['printf("len %%u\\n", %s_LEN);' % title])['len'][0])))
        yield from contiguous(table, layout_title(table)[1])
        members = [m for m in code.members(struct, headers) if m not in ('entries', 'offer')]
        if struct == 'ccm_link_slot':
            members += code.members('ccm_link_offer', headers)
        fields = {bare(r[2]): r for r in table.rows if bare(r[2]) not in ('header', 'reserved')}
        if sorted(fields) != sorted(members):
            yield '%s: the fields are %s' % (table.title, ', '.join(members))
            continue
        statements = list(declare)
        for field in members:
            if field != 'count':    # it changes the length, too
                at = 's.offer' if field in ('table_addr', 'table_key', 'chunks', 'bytes') else variable
                statements += changed(whole, '%s.%s' % (at, field), field, put,
                                      layout_title(table)[1])
        facts = run_c(code, statements)
        for field, row in fields.items():
            if field == 'count':
                continue
            first, end = (int(x) for x in facts[field])
            end += field == 'name'    # its NUL is not changed
            if (first, end - first) != (int(row[0]), int(row[1])):
                yield '%s: it is at %d, %d bytes' % (table.where(row), first, end - first)


def check_words(docs, code):
    """The words for reasons, boot stages and what clients are."""
    for title, function in (('Reasons', 'ccm_reason_text'), ('Boot stages', 'ccm_stage_name'),
                            ('States of a client', 'ccm_client_state_text'),
                            ('Reasons of a client', 'ccm_client_reason_text')):
        rows = docs.titled(title).rows
        words = run_c(code, ['printf("%s %%s\\n", %s(%s));' % (r[1], function, r[1]) for r in rows])
        for row in rows:
            if words[row[1]][0] != row[2]:
                yield '%s: %s is "%s"' % (title, bare(row[0]), words[row[1]][0])


def check_liveness(docs, code):
    """Numbers that follow from detect_ms."""
    rows = docs.titled('Liveness in numbers').rows
    facts = run_c(code, ['printf("heartbeats %u\\n", CCM_HEARTBEATS_PER_DETECT);',
                         'printf("retries %u\\n", CCM_QP_RETRIES);'] +
                  ['printf("d%s %%u\\n", ccm_ack_timeout(%s, CCM_QP_RETRIES));' % (r[0], r[0]) for r in rows])
    for row in rows:
        detect = int(row[0])
        exponent = int(facts['d' + row[0]][0])
        one = 4.096e-3 * 2 ** exponent
        right = ['%d' % detect, '%g' % (detect / int(facts['heartbeats'][0])),
                 '%d' % exponent, '%.2f' % one,
                 '%.2f' % (one * (int(facts['retries'][0]) + 1))]
        if row != right:
            yield 'liveness.rst: row %s must be %s' % (', '.join(row), ', '.join(right))


def check_parameters(docs, code):
    """Module parameters and their defaults in parameters.rst; those that README.md gives exist."""
    source = code.files['ccm/params.c']
    names = re.findall(r'^module_param(?:_named|_cb)?\((\w+)', source, re.M)
    defaults = {}
    for name in names:
        value = re.search(r'^static char \*%s = \(char \*\)__stringify\((\w+)\);' % name, source, re.M)
        text = re.search(r'^static char \*%s = \(char \*\)"(\w+)";' % name, source, re.M)
        if value:
            defaults[name] = run_c(code, ['printf("d %%lld\\n", (long long)(%s));' % value.group(1)])['d'][0]
        else:
            defaults[name] = text.group(1) if text else 'none'
    page = {bare(r[0]): r[2].strip() for r in docs.titled('Module parameters').rows}
    for name in sorted(set(names) | set(page)):
        if name not in page:
            yield 'parameters.rst: parameter %s is missing' % name
        elif name not in names:
            yield 'parameters.rst: there is no parameter %s' % name
        elif page[name] != defaults[name]:
            yield 'parameters.rst: the default of %s is %s, not %s' % (name, defaults[name], page[name])
    given = re.findall(r'modprobe rdma_ccm (.*)', docs.pages['README.md'])
    if not given:
        yield 'README.md: does not load the module'
    for name in re.findall(r'(\w+)=', ' '.join(given)):
        if name not in names:
            yield 'README.md: there is no parameter %s' % name

    ranges = {n: re.search(r'\d+ to \w+', t).group(0) for n, t in
              re.findall(r'^MODULE_PARM_DESC\((\w+), "([^"]*\d to [^"]*)"', source, re.M)}
    page = {bare(r[0]): r[3] for r in docs.titled('Module parameters').rows}
    for name, limits in sorted(ranges.items()):
        if limits not in page.get(name, ''):
            yield 'parameters.rst: %s is %s' % (name, limits)


def decision_after(reason, before):
    """C that prints the decision about a partner that is DOWN for a reason, and its flags.

    before: the stages in which it was READY."""
    ups = ''.join('up.stage = %s; ccm_failover_step(&f, 1, &up);' % stage for stage in before)
    return ('{ struct ccm_failover_config c = {1000, 1000}; struct ccm_failover f;'
            'struct ccm_failover_event up = {CCM_FAILOVER_STATUS, CCM_STATE_READY, 0, false, false, 0, 1};'
            'struct ccm_failover_event gone = {CCM_FAILOVER_STATUS, CCM_STATE_DOWN, %s, ccm_reason_certain(%s)};'
            'ccm_failover_start(&f, &c); %s'
            'ccm_failover_step(&f, 2, &gone); printf("%s-%s %%s%%s%%s%%s\\n",'
            'ccm_fm_decision_name(f.view.decision),'
            'f.view.flags & CCM_FM_F_PARTITION ? " partition" : "",'
            'f.view.flags & CCM_FM_F_CERTAIN ? " certain" : "",'
            'f.view.flags & CCM_FM_F_ORDERLY ? " orderly" : ""); }') % (reason, reason, ups, reason, '+'.join(before))


def check_failover(docs, code):
    """The failover monitor: words, decisions by reason, parameters, its record."""
    rows = docs.titled('Words of decisions').rows
    known = code.enumerators(code.files['include/uapi/linux/ccm_fm.h'])
    words = run_c(code, ['printf("%s %%d %%s\\n", %s, ccm_fm_decision_name(%s));' % (n, n, n)
                         for n in known])
    if {bare(r[0]): r[1:] for r in rows} != words:
        yield 'failover.rst: the words of decisions are %s' % words

    rows = docs.titled('Decisions by reason').rows
    befores = (['CCM_STAGE_RUNNING'], ['CCM_STAGE_RUNNING', 'CCM_STAGE_STORAGE'], ['CCM_STAGE_STORAGE'], [])
    reasons = [n for n in code.enumerators(code.uapi)
               if n.startswith('CCM_REASON_') and n != 'CCM_REASON_NONE']
    facts = run_c(code, [decision_after(r, b) for r in reasons for b in befores])
    right = [[r[len('CCM_REASON_'):].lower()] + [' '.join(facts['%s-%s' % (r, '+'.join(b))]) for b in befores]
             for r in reasons]
    for row in right:
        if row not in rows:
            yield 'failover.rst: "Decisions by reason" must have the row %s' % ', '.join(row)
    if len(rows) != len(right):
        yield 'failover.rst: "Decisions by reason" has rows too many'

    certain = run_c(code, ['printf("%s %%s\\n", ccm_reason_certain(%s) ? "yes" : "no");' % (r, r) for r in reasons])
    said = {r[0]: [r[1]] for r in docs.titled('Reasons and certainty').rows}
    if said != {r[len('CCM_REASON_'):].lower(): certain[r] for r in reasons}:
        yield 'failover.rst: what is certain is %s' % certain

    source = code.files['ccm/clients/failover_monitor.c']
    names = set(re.findall(r'^module_param(?:_cb)?\((\w+)', source, re.M))
    said = {bare(r[0]): r[2] for r in docs.titled('Parameters of ccm_fm').rows}
    if names != set(said):
        yield 'failover.rst: the parameters of ccm_fm are %s' % ', '.join(sorted(names))
    for name, constant in re.findall(r'^static char \*(\w+) = \(char \*\)__stringify\((\w+)\);', source, re.M):
        value = run_c(code, ['printf("d %%u\\n", %s);' % constant])['d'][0]
        if said.get(name) != value:
            yield 'failover.rst: the default of %s is %s' % (name, value)

    table = docs.titled('CCM_FM_RECORD (64 bytes)')
    yield from contiguous(table, 64)
    fields = {bare(r[2]): r for r in table.rows}
    members = code.members('ccm_fm_record', code.files['ccm/core/failover_record.h'])
    if set(fields) != set(members) | {'magic', 'version', 'length', 'reserved', 'check'}:
        yield 'failover.rst: the fields of the record are %s' % ', '.join(members)
        return
    facts = run_c(code, ['struct ccm_fm_record m; memset(&m, 0, sizeof(m));',
                         'ccm_fm_record_put(base, &m);'] +
                  ['memset(&m, 0, sizeof(m)); memset(&m.%s, 0xff, sizeof(m.%s));'
                   'ccm_fm_record_put(probe, &m); same("%s", base + 16, probe + 16, 48);' % (f, f, f)
                   for f in members])
    for field in members:
        first, end = (16 + int(x) for x in facts[field])    # behind the check
        if [str(first), str(end - first)] != fields[field][:2]:
            yield '%s: it is at %d, %d bytes' % (table.where(fields[field]), first, end - first)


def check_tracepoints(docs, code):
    """Tracepoints and their fields."""
    source = code.files['ccm/trace.h']
    known = {}
    for name, body in re.findall(r'^TRACE_EVENT\((\w+),(.*?)^\);', source, re.M | re.S):
        known[name] = ', '.join(re.findall(r'__(?:field|array|string)\((?:[^,()]+,\s*)?(\w+)\)', body))
    said = {bare(r[0]): r[1] for r in docs.titled('Tracepoints').rows}
    for name in sorted(set(known) | set(said)):
        if known.get(name) != said.get(name):
            yield 'tracing.rst: %s has %s, described: %s' % (name, known.get(name), said.get(name))


def check_debugfs(docs, code):
    """Lines of the files in debugfs."""
    source = code.files['ccm/debugfs.c']
    for title, function in (('debugfs: node', 'node_show'), ('debugfs: partner-ID', 'partner_show')):
        body = re.search(r'%s\(.*?^\}' % function, source, re.M | re.S).group()
        known = re.findall(r'seq_printf\(m, "(\w+) ', body)
        said = [bare(r[0]) for r in docs.titled(title).rows]
        if known != said:
            yield 'tracing.rst: "%s" describes %s, the file has %s' % (title, said, known)


def check_complete(docs, code):
    """All of the user-space interface and of the wire format is described."""
    wanted = [('events.rst boot.rst', n) for n in code.enumerators(code.uapi) + code.defines(code.uapi)
              if n not in ('CCM_UAPI_VERSION',)]
    wanted += [('protocol.rst', n) for n in code.enumerators(code.wire)]
    wanted += [('protocol.rst', n) for n in code.defines(code.wire)
               if not re.fullmatch(r'CCM_WIRE_\w+_LEN|CCM_NODE_ID_MAX|CCM_PAGE_LEN|CCM_STATUS_[A-Z]+', n)]
    for pages, name in wanted:
        if not any(re.search(r'\b%s\b' % name, docs.pages[p]) for p in pages.split()):
            yield '%s: %s is not described' % (pages, name)


def check_targets(docs, _code):
    """make targets, and the tests that are named to run."""
    tests = set()
    for path, _, names in os.walk(os.path.join(TOP, 'tests')):
        for name in names:
            if name.endswith('.cpp'):
                tests |= set(re.findall(r'^TEST(?:_F|_P)?\((\w+), (\w+)\)', read(path, name), re.M))
    known = set(re.findall(r'^([a-z-]+(?: [a-z-]+)*):(?!=)', read(TOP, 'Makefile'), re.M))
    known = {t for line in known for t in line.split()}
    for page, text in docs.pages.items():
        for target in set(re.findall(r'(?:`|^\s+|^)make ([a-z][a-z-]*)', text, re.M)):
            if target not in known:
                yield '%s: there is no `make %s`' % (page, target)
        for suite, test in re.findall(r'FILTER=(\w+)\.(\w+)', text):
            if (suite, test) not in tests | {('Suite', 'Test')}:
                yield '%s: there is no test %s.%s' % (page, suite, test)


def check_files(docs, _code):
    """Files of the tree that are named exist."""
    folders = 'ccm|demo|Documentation|include|scripts|tests|userspace-tools'
    for page, text in docs.pages.items():
        for path in set(re.findall(r'(?<![\w/.-])(?:%s)/[\w./-]*\w' % folders, text)):
            if not os.path.exists(os.path.join(TOP, path)) and not re.search('[A-Z]{3}$', path):
                yield '%s: %s does not exist' % (page, path)


def netlink_operations():
    """Of the specification, by their names: attributes of the request, or of the notification."""
    found = {}
    spec = read(TOP, 'Documentation/netlink/specs/ccm.yaml').partition('\noperations:\n')[2]
    for block in re.split(r'^ {4}-\n {6}name: ', spec.partition('\nmcast-groups:\n')[0], flags=re.M)[1:]:
        asked = re.search(r'(?:request|event):\n +attributes: \[(.*?)\]', block, re.S)
        found[block.split('\n')[0]] = re.split(r',\s*', asked.group(1)) if asked else []
    return found


def check_netlink(docs, _code):
    """Commands and notifications of generic netlink, with their attributes."""
    wanted = netlink_operations()
    rows = [row for title in ('Commands of the family', 'Notifications, in the multicast group ``monitor``')
            for row in docs.titled(title).rows]
    said = {bare(row[0]): row[1] for row in rows}
    if len(wanted) < 5:
        yield 'only %d operations were found: is the pattern right?' % len(wanted)
    for name in sorted(wanted.keys() | said.keys()):
        attributes = said.get(name, '').replace('addresses', 'address').replace('none', '')
        if name not in said or name not in wanted:
            yield 'netlink.rst, ccm.yaml: %s is in one of them only' % name
        elif [a for a in attributes.split(', ') if a] != wanted[name]:
            yield 'netlink.rst: %s has %s in the specification' % (name, ', '.join(wanted[name]) or 'nothing')


def check_layers(docs, _code):
    """The objects, in the order in which Kbuild has them: the table of overview.rst."""
    page = docs.pages['overview.rst']
    table = page[page.index('     - Objects, in their order'):page.index('**The core is pure.**')]
    said = []
    for row in table.split('\n   * -')[1:]:
        said += re.findall(r'``(\w+)``', row.split('\n     - ')[1])
    known = re.findall(r'^(?:rdma_ccm|ccm_fm)-y [:+]= \S*?(\w+)\.o$', read(TOP, 'Kbuild'), re.M)
    if said != known:
        at = next(i for i, (a, b) in enumerate(zip(said + [''], known + [''])) if a != b)
        yield 'overview.rst: object %d is "%s", in Kbuild "%s"' % (
            at + 1, (said + ['nothing'])[at], (known + ['nothing'])[at])


CHECKS = [check_layers, check_names, check_constants, check_structs, check_wire, check_mail, check_words, check_liveness,
          check_parameters, check_failover, check_tracepoints, check_debugfs, check_netlink, check_complete, check_targets,
          check_files]


def name_of(check):
    return check.__name__[len('check_'):]


def findings(check, docs, code):
    try:
        return list(check(docs, code))
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        return ['%s: %s' % (type(error).__name__, error)]


# --- the self-test -------------------------------------------------------------------

# A mistake for each check: file, what stands there, what is put in its place
PLANTS = [
    (check_layers, 'overview.rst', '``listener``, ``endpoint``', '``endpoint``, ``listener``'),
    (check_names, 'CONTRIBUTING.rst', 'CCM_REASON_COUNT', 'CCM_REASONS_COUNT'),
    (check_names, 'overview.rst', 'CCM_PATHS_MAX', 'CCM_PATHS_MOST'),
    (check_constants, 'protocol.rst', '``CCM_CONNECT_MS``, 600 ms', '``CCM_CONNECT_MS``, 601 ms'),
    (check_constants, 'overview.rst', '``CCM_DRAIN_MS`` (200 ms)', '``CCM_DRAIN_MS`` (20 ms)'),
    (check_constants, 'events.rst', '0x4004cc01', '0x4004cc02'),
    (check_structs, 'events.rst', '24, 1, state', '24, 2, state'),
    (check_structs, 'events.rst', '32, 4, flags', '32, 4, error'),
    (check_structs, 'events.rst', 'struct ccm_peek (48 bytes)', 'struct ccm_peek (44 bytes)'),
    (check_wire, 'protocol.rst', '   24, 8, nonce, "the sender\'s"\n   32, 8, nonce_partner,',
     '   24, 8, nonce_partner, "the sender\'s"\n   32, 8, nonce,'),
    (check_wire, 'protocol.rst', 'CCM_WIRE_RING (16 bytes)', 'CCM_WIRE_RING (20 bytes)'),
    (check_mail, 'protocol.rst', '40, 8, ask,', '40, 8, give,'),
    (check_mail, 'protocol.rst', '24, 8, table_addr, "of the chunk table, remote read only"\n   32, 4, table_key,',
     '24, 4, table_key, "of the chunk table, remote read only"\n   28, 8, table_addr,'),
    (check_words, 'events.rst', '2, hung,', '2, stuck,'),
    (check_words, 'boot.rst', '5, storage,', '5, store,'),
    (check_words, 'events.rst', '2, incompatible,', '2, misfit,'),
    (check_words, 'events.rst', '9, port-lost,', '9, port-gone,'),
    (check_liveness, 'liveness.rst', '250, 62.5, 13,', '250, 62.5, 14,'),
    (check_parameters, 'parameters.rst', '``detect_ms``, number, 250', '``detect_ms``, number, 200'),
    (check_parameters, 'parameters.rst', '``node_memory``, bytes, 256M', '``node_memory``, bytes, 256'),
    (check_parameters, 'README.md', ' auth=none', ' trust=none'),
    (check_parameters, 'parameters.rst', '0 to 511M', '0 to 512M'),
    (check_failover, 'failover.rst', '5, partner-stopping', '5, partner-leaving'),
    (check_failover, 'failover.rst', 'hung, takeover-advised,', 'hung, cannot-tell,'),
    (check_failover, 'failover.rst', '86400", 120', '86400", 60'),
    (check_failover, 'failover.rst', '40, 2, reason', '32, 2, stage'),
    (check_tracepoints, 'tracing.rst', '``ccm_verdict``, "partner, reason"', '``ccm_verdict``, "partner"'),
    (check_debugfs, 'tracing.rst', '``lost``', '``losses``'),
    (check_netlink, 'netlink.rst', '``partner-del-ntf``, "id, uid"', '``partner-del-ntf``, "id"'),
    (check_netlink, 'netlink.rst', '``node-get``', '``node-ask``'),
    (check_complete, 'protocol.rst', 'CCM_RING_GOODBYE', 'CCM_RING_READY'),
    (check_targets, 'testing.rst', '``make kunit``', '``make kunits``'),
    (check_targets, 'testing.rst', 'FILTER=Failure.', 'FILTER=Failing.'),
    (check_files, 'testing.rst', '``tests/modules``', '``tests/module``'),
]


def selftest(folder, code):
    failed = False
    with tempfile.TemporaryDirectory() as work:
        for check, page, old, new in PLANTS:
            copy = os.path.join(work, 'docs')
            shutil.rmtree(copy, ignore_errors=True)
            os.mkdir(copy)
            for name in os.listdir(folder):
                if name.endswith('.rst'):
                    shutil.copy(os.path.join(folder, name), copy)
            for name in AT_TOP:
                shutil.copy(os.path.join(TOP, name), work)
            path = os.path.join(work if page in AT_TOP else copy, page)
            text = read(path)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text.replace(old, new))
            if old not in text:
                print('%s: there is no "%s" to plant a mistake in' % (page, old))
                failed = True
            elif not findings(check, Documents(copy, work), code):
                print('%s did not find "%s" in %s' % (name_of(check), new, page))
                failed = True
    missing = set(CHECKS) - {plant[0] for plant in PLANTS}
    if missing:
        print('nothing is planted for', ', '.join(name_of(c) for c in missing))
    return 1 if failed or missing else 0


def main():
    folder = os.path.join(TOP, 'Documentation')
    code = Code()
    if sys.argv[1:] == ['--selftest']:
        return selftest(folder, code)
    docs = Documents(folder, TOP)
    failed = 0
    for check in CHECKS:
        found = findings(check, docs, code)
        print('%s facts.%s' % ('FAIL' if found else 'ok', name_of(check)))
        for line in found:
            print('    ' + line)
        failed |= bool(found)
    return failed


if __name__ == '__main__':
    sys.exit(main())
