import { readFileSync } from 'node:fs'
import t from 'tap'
import { PEOPLE_COMMANDS } from '../../../src/cli/people/commands.js'

const EVERYWHERE = ['profile', 'key-password-fd']

t.test('every command stands in the table of the page, with its options, and says what its JSON is', async (t) => {
  const page = readFileSync('docs/cli.md', 'utf8')
  const [commands = '', json = ''] = page.split('\n## For programs\n')
  for (const { name, options = {} } of PEOPLE_COMMANDS) {
    const row = new RegExp(`^\\| \`${name}[ \`].*$`, 'm').exec(commands)?.[0] ?? ''
    t.not(row, '', `${name} has a row`)
    for (const option of Object.keys(options))
      t.ok((EVERYWHERE.includes(option) ? commands : row).includes(`--${option}`), `${name} --${option}`)
    t.match(json, new RegExp(`^\\| .*\`${name}\`.* \\| .+ \\|$`, 'm'), `the JSON of ${name}`)
  }
})
