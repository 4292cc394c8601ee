import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { AdminCommand } from '../../src/cli/admin/command.js'
import { ADMIN_COMMANDS } from '../../src/cli/admin/commands.js'
import { adminHelp } from '../../src/cli/admin/help.js'
import { parseCommandLine } from '../../src/cli/command-line.js'
import { commandHelp, usage } from '../../src/cli/help.js'

const command: AdminCommand = {
  name: 'break',
  summary: 'breaks something',
  operands: [{ name: 'thing', description: 'what to break' }],
  options: {
    how: { value: 'HOW', allowed: ['gently', 'badly'], isRequired: true, description: 'how to break it' },
    later: { description: 'not now' },
  },
  run: () => Promise.reject(new Error('not in this test')),
}

const refused = (t: Test, args: readonly string[], message: RegExp) =>
  t.throws(() => parseCommandLine(command, args), { name: 'UsageError', message })

t.test('operands, options and flags', async (t) => {
  t.same(parseCommandLine(command, ['cup', '--how', 'badly', '--later', '--json']), {
    operands: ['cup'],
    options: { how: 'badly' },
    flags: new Set(['later', 'json']),
  })
  t.same(parseCommandLine(command, ['--how=gently', '--', '-cup']).operands, ['-cup'])
  t.match(parseCommandLine(command, ['-h']), { flags: new Set(['help']) }, 'help needs nothing else')
})

t.test('what does not fit is named', async (t) => {
  refused(t, [], /<thing> is missing: what to break/)
  refused(t, ['cup', 'plate', 'bowl', '--how', 'badly'], /unexpected plate bowl/)
  refused(t, ['cup'], /--how HOW is missing: it must be one of gently, badly/)
  refused(t, ['cup', '--how', 'twice'], /--how cannot be twice: it must be one of gently, badly/)
  refused(t, ['cup', '--how'], /--how/)
  refused(t, ['cup', '--how', 'badly', '--later=yes'], /--later/)
  refused(t, ['cup', '--how', 'badly', '--colour', 'red'], /--colour/)
  refused(t, ['cup', '--how', 'badly', '-x'], /-x/)
})

t.test('every command stands in the table of the page, and says what its JSON is', async (t) => {
  const page = readFileSync('docs/administration.md', 'utf8')
  const [commands = '', json = ''] = page.split('## For programs')
  for (const { name, options = {} } of ADMIN_COMMANDS) {
    const row = new RegExp(`^\\| \`${name}[ \`].*$`, 'm').exec(commands)?.[0] ?? ''
    t.not(row, '', `${name} has a row`)
    for (const option of Object.keys(options)) t.ok(commands.includes(`--${option}`), `${name} --${option}`)
    t.match(json, new RegExp(`^\\| .*\`${name}\`.* \\| .*\\{`, 'm'), `the JSON of ${name}`)
  }
})

t.test('help says all there is', async (t) => {
  t.equal(usage('hermes admin', command), 'Usage: hermes admin break <thing> --how HOW [options] [--json]')
  t.equal(
    commandHelp('hermes admin', command),
    `Usage: hermes admin break <thing> --how HOW [options] [--json]

breaks something

  <thing>    what to break
  --how HOW  how to break it: gently, badly
  --later    not now
  --json     answer in JSON, for programs

Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.
`,
  )
  const help = adminHelp(ADMIN_COMMANDS)
  for (const { name, summary } of ADMIN_COMMANDS) t.match(help, new RegExp(`^ +${name} .*${summary.slice(0, 10)}`, 'm'))
})
