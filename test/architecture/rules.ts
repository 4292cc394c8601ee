import { posix } from 'node:path'
import type { Reference, Source, Use } from './source.js'

interface Part {
  /** Parts whose modules it may import. */
  readonly parts: readonly string[]
  /** Parts of which it may import types only. */
  readonly types?: readonly string[]
  /** Packages and node: modules it may import; where absent, all that no other rule forbids. */
  readonly packages?: readonly string[]
}

const EVERYTHING = ['errors', 'config', 'wire', 'pki', 'store', 'bus', 'identity', 'hub', 'server', 'client', 'cli']

/** The folders and files of src/, and what each may import. */
const PARTS: Readonly<Record<string, Part>> = {
  errors: { parts: [], packages: [] },
  config: { parts: ['errors'], packages: ['zod', 'node:os'] },
  wire: { parts: ['errors'], packages: ['zod', 'node:crypto'] },
  pki: { parts: ['errors'], packages: ['pkijs', 'asn1js', 'node:crypto', 'node:net', 'node:util'] },
  store: { parts: ['errors'], types: ['wire'] },
  bus: { parts: ['errors'] },
  identity: { parts: ['errors', 'wire', 'pki', 'store'] },
  hub: { parts: ['errors', 'wire', 'pki', 'store', 'bus'] },
  server: { parts: EVERYTHING.filter((part) => part !== 'client' && part !== 'cli') },
  client: { parts: ['errors', 'wire', 'pki'] },
  cli: { parts: ['client', 'server', 'config', 'errors', 'wire', 'pki', 'identity', 'store'] },
}

/** Packages that are at home in some parts only. */
const HOMES: readonly (readonly [packages: RegExp, homes: readonly string[]])[] = [
  [/^(@prisma\/.*|better-sqlite3|pg|pg-.*|node:sqlite)$/, ['store']],
  [/^(fastify|@fastify\/.*|fastify-.*)$/, ['server']],
  [/^prom-client$/, ['server']],
  [/^ws$/, ['server', 'client']],
  [/^@nats-io\/.*$/, ['bus']],
  [/^node:(process|module)$/, []],
]

/** What only some parts may do, whatever they import. */
const USES: Readonly<Record<Use['what'], (source: string) => boolean>> = {
  'process.env': (path) => path === 'src/config.ts',
  'process.exit': (path) => partOf(path) === 'cli',
  SQL: (path) => partOf(path) === 'store',
  clock: (path) => partOf(path) !== 'pki' && !isPure(path),
  'outside world': (path) => !isPure(path),
  waiting: (path) => !isPure(path),
}

const USE_RULES: Readonly<Record<Use['what'], string>> = {
  'process.env': 'only src/config.ts reads process.env',
  'process.exit': 'only cli may end the process',
  SQL: 'SQL stands in store alone',
  clock: 'pki and hub/conversation have no clock: the time comes in as data',
  'outside world': 'hub/conversation does no I/O: time and randomness come in as data',
  waiting: 'hub/conversation is synchronous',
}

const FILE_LINES_MAX = 250
const FUNCTION_LINES_MAX = 50
const VAGUE_NAME = /(^|[-./])(manager|helper|util)s?([-./]|$)/

/** The part of src/ that `path` belongs to: its folder, or the name of a file that lies in src/ itself. */
function partOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.[jt]s$/, '')
}

function isPure(path: string): boolean {
  return path.startsWith('src/hub/conversation/')
}

/** What is wrong with `source`, each a line that names the file, what it does, and the rule. */
export function findViolations(source: Source): readonly string[] {
  const at = (line: number) => `${source.path}:${line}`
  return [
    ...source.references.flatMap((reference) =>
      importRules(source.path, reference).map(
        (rule) => `${at(reference.line)} imports ${reference.module ?? 'what is no plain string'}: ${rule}`,
      ),
    ),
    ...source.uses
      .filter(({ what }) => !USES[what](source.path))
      .map(({ what, text, line }) => `${at(line)} has ${text.trim().split('\n')[0]}: ${USE_RULES[what]}`),
    ...source.functions
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ name, line, lines }) => `${at(line)} ${name} has ${lines} lines: ${FUNCTION_LINES_MAX} at most`),
    ...(source.lines > FILE_LINES_MAX ? [`${source.path} has ${source.lines} lines: ${FILE_LINES_MAX} at most`] : []),
    ...(VAGUE_NAME.test(source.path) ? [`${source.path}: a name says what it is, not manager, helper or util`] : []),
  ]
}

function importRules(path: string, { module, typeOnly }: Reference): readonly string[] {
  if (module === null) return ['imports are plain strings, so that they can be checked']
  const rule = module.startsWith('.')
    ? relativeRule(path, posix.join(posix.dirname(path), module), typeOnly)
    : packageRule(path, module, typeOnly)
  return rule === null ? [] : [rule]
}

function relativeRule(path: string, target: string, typeOnly: boolean): string | null {
  const [from, to] = [partOf(path), partOf(target)]
  if (!target.startsWith('src/')) return target.startsWith('test/') ? 'src imports nothing of test' : null
  const allowed = PARTS[from]
  if (allowed === undefined) return `src has no part named ${from}`
  if (isPure(path) && !typeOnly && !isPure(target) && !['errors', 'wire'].includes(to))
    return 'hub/conversation may import only errors and wire, and types of what hub may import'
  if (from === to || allowed.parts.includes(to) || (typeOnly && allowed.types?.includes(to))) return null
  const names = [...allowed.parts, ...(allowed.types ?? []).map((part) => `types of ${part}`)]
  return `${from} may import ${names.length === 0 ? 'nothing' : `only ${names.join(', ')}`}`
}

function packageRule(path: string, module: string, typeOnly: boolean): string | null {
  const part = partOf(path)
  const name = module.startsWith('@') ? module.split('/').slice(0, 2).join('/') : (module.split('/')[0] ?? module)
  for (const [packages, homes] of HOMES) {
    if (packages.test(name) && !homes.includes(part))
      return `${name} is at home in ${homes.length === 0 ? 'no part' : `${homes.join(' and ')} alone`}`
  }
  if (isPure(path) && !typeOnly) return 'hub/conversation imports no package and no node: module, types excepted'
  const packages = PARTS[part]?.packages
  if (packages === undefined || packages.includes(name)) return null
  return `${part} may import ${packages.length === 0 ? 'no package' : `only ${packages.join(', ')}`}`
}
