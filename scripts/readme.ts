import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { variableTable } from '../src/config.js'

const BEGIN = '<!-- configuration -->'
const END = '<!-- /configuration -->'

/** `readme` with the table of variables between its markers as the configuration has it now. */
export function withConfiguration(readme: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`README.md needs the markers ${BEGIN} and ${END}, in this order`)
  return `${readme.slice(0, begin)}${BEGIN}\n${configurationTable()}\n${readme.slice(end)}`
}

function configurationTable(): string {
  const rows = variableTable().map(
    ({ name, byDefault, description }) =>
      `| \`${name}\` | ${byDefault === null ? 'not set' : `\`${byDefault}\``} | ${description} |`,
  )
  return ['| variable | default | |', '|---|---|---|', ...rows].join('\n')
}

if (argv[1] === fileURLToPath(import.meta.url))
  writeFileSync('README.md', withConfiguration(readFileSync('README.md', 'utf8')))
