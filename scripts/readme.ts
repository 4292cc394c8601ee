import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { variableTable } from '../src/config.js'
import { ERRORS } from '../src/errors.js'
import { CLOSE } from '../src/wire/frames.js'
import { closeSections, refusalSections } from './errors/sections.js'

/** What is made from the source; each stands between two comments with its name. */
const TABLES = {
  configuration: configurationTable,
  errors: errorTable,
  'close-codes': closeTable,
  refusals: refusalSections,
  closes: closeSections,
} as const

/** The pages that hold them, and which. */
export const PAGES: Readonly<Record<string, readonly (keyof typeof TABLES)[]>> = {
  'README.md': ['configuration'],
  'docs/protocol.md': ['errors', 'close-codes'],
  'docs/errors.md': ['refusals', 'closes'],
}

/** `text` with the named table between its markers as the source has it now. */
export function withTable(text: string, name: keyof typeof TABLES): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [begin, end] = [text.indexOf(opening), text.indexOf(closing)]
  if (begin < 0 || end < begin) throw new Error(`the page needs the markers ${opening} and ${closing}, in this order`)
  return `${text.slice(0, begin)}${opening}\n${TABLES[name]()}\n${text.slice(end)}`
}

function configurationTable(): string {
  const rows = variableTable().map(
    ({ name, byDefault, description }) =>
      `| \`${name}\` | ${byDefault === null ? 'not set' : `\`${byDefault}\``} | ${description} |`,
  )
  return ['| variable | default | |', '|---|---|---|', ...rows].join('\n')
}

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, retryable }]) =>
      `| ${status} | [\`${code}\`](errors.md#${code}) | ${title} | ${retryable ? 'yes' : ''} |`,
  )
  return ['| status | code | meaning | try again |', '|---|---|---|---|', ...rows].join('\n')
}

function closeTable(): string {
  const rows = Object.values(CLOSE).map(
    ({ code, reason }) => `| [${code}](errors.md#${code}) | ${reason} | ${advice(code)} |`,
  )
  return ['| code | meaning | what to do |', '|---|---|---|', ...rows].join('\n')
}

/** protocol.md "Flow": 40xx to 44xx and a restart say connect again, 45xx say do not by yourself. */
function advice(code: number): string {
  if (code === CLOSE.unsupportedData.code) return 'mend the client'
  return code >= 4500 ? 'do not connect again by yourself' : 'connect again, after a while that grows'
}

if (argv[1] === fileURLToPath(import.meta.url))
  for (const [path, names] of Object.entries(PAGES))
    writeFileSync(path, names.reduce(withTable, readFileSync(path, 'utf8')))
