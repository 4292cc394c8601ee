import { parseSync, Visitor, type VisitorObject } from 'oxc-parser'

/**
 * A module that a file names: in an import or export, in `import()`, `import.meta.resolve()` or `new URL(…,
 * import.meta.url)`.
 */
export interface Reference {
  /** As it is written, or null where it is no plain string. */
  readonly module: string | null
  readonly typeOnly: boolean
  readonly line: number
}

/** Something a file does that only some places may do. */
export interface Use {
  readonly what: 'process.env' | 'process.exit' | 'clock' | 'outside world' | 'waiting' | 'SQL'
  readonly text: string
  readonly line: number
}

export interface FunctionSize {
  readonly name: string
  readonly line: number
  readonly lines: number
}

/** What the rules ask of one TypeScript file; `path` is relative to the repository, with slashes. */
export interface Source {
  readonly path: string
  readonly lines: number
  readonly references: readonly Reference[]
  readonly uses: readonly Use[]
  readonly functions: readonly FunctionSize[]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}
type Handled<Name extends keyof VisitorObject> = Parameters<NonNullable<VisitorObject[Name]>>[0]
type Add<T> = (found: T, node: Node) => void

const SQL =
  /^\s*(SELECT\s|INSERT\s+(INTO|OR)\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+[A-Z]+\s|PRAGMA\s|BEGIN(\s+IMMEDIATE\b|;?\s*$))/
const WORLD_OBJECTS = ['console', 'crypto', 'process']
const WORLD_FUNCTIONS = ['fetch', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout']

/** Parses one file. Throws where it does not parse. */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const references: Reference[] = []
  const uses: Use[] = []
  const functions: FunctionSize[] = []
  const visitors = [
    referenceVisitor((found, { start }) => references.push({ ...found, line: lineOf(start) })),
    useVisitor((what, { start, end }) => uses.push({ what, text: text.slice(start, end), line: lineOf(start) })),
    functionVisitor((name, { start, end }) => {
      functions.push({ name, line: lineOf(start), lines: lineOf(end) - lineOf(start) + 1 })
    }),
  ]
  for (const visitor of visitors) new Visitor(visitor).visit(program)
  return { path, lines: lineOf(text.trimEnd().length), references, uses, functions }
}

function referenceVisitor(add: Add<Omit<Reference, 'line'>>): VisitorObject {
  return {
    ImportDeclaration(node) {
      const named = node.specifiers.map((each) => each.type === 'ImportSpecifier' && each.importKind === 'type')
      const typeOnly = node.importKind === 'type' || (named.length > 0 && named.every(Boolean))
      add({ module: node.source.value, typeOnly }, node)
    },
    ExportNamedDeclaration(node) {
      if (node.source) add({ module: node.source.value, typeOnly: node.exportKind === 'type' }, node)
    },
    ExportAllDeclaration: (node) => add({ module: node.source.value, typeOnly: node.exportKind === 'type' }, node),
    ImportExpression: (node) => add({ module: stringOf(node.source), typeOnly: false }, node),
    TSImportType: (node) => add({ module: node.source.value, typeOnly: true }, node),
    CallExpression({ callee, arguments: [file], start, end, type }) {
      if (callee.type !== 'MemberExpression' || callee.object.type !== 'MetaProperty' || file === undefined) return
      add({ module: stringOf(file), typeOnly: false }, { start, end, type })
    },
    NewExpression(node) {
      const [file, base] = node.arguments
      if (!isNamed(node.callee, 'URL') || base?.type !== 'MemberExpression' || file === undefined) return
      if (base.object.type !== 'MetaProperty') return
      const files = file.type === 'ConditionalExpression' ? [file.consequent, file.alternate] : [file]
      for (const each of files) add({ module: stringOf(each), typeOnly: false }, node)
    },
  }
}

function useVisitor(add: Add<Use['what']>): VisitorObject {
  const addAll = (found: readonly Use['what'][], node: Node) => {
    for (const what of found) add(what, node)
  }
  return {
    MemberExpression: (node) => addAll(memberUses(node), node),
    NewExpression: (node) => addAll(isNamed(node.callee, 'Date') && node.arguments.length === 0 ? ['clock'] : [], node),
    CallExpression(node) {
      if (isNamed(node.callee, 'Date')) add('clock', node)
      if (isNamed(node.callee, ...WORLD_FUNCTIONS)) add('outside world', node)
    },
    VariableDeclarator(node) {
      if (isNamed(node.init, 'process')) addAll(['process.env', 'process.exit'], node)
    },
    AwaitExpression: (node) => add('waiting', node),
    Literal(node) {
      if (SQL.test(stringOf(node) ?? '')) add('SQL', node)
    },
    TemplateElement(node) {
      if (SQL.test(node.value.raw)) add('SQL', node)
    },
  }
}

function memberUses(node: Handled<'MemberExpression'>): readonly Use['what'][] {
  const property = node.computed ? stringOf(node.property) : node.property.name
  if (isNamed(node.object, 'Date') && property === 'now') return ['clock']
  if (isNamed(node.object, 'performance')) return ['clock']
  if (isNamed(node.object, 'Math') && property === 'random') return ['outside world']
  if (isNamed(node.object, 'process')) {
    if (property === 'env') return ['process.env', 'outside world']
    if (property === 'exit' || property === 'abort') return ['process.exit', 'outside world']
    if (property === null) return ['process.env', 'process.exit', 'outside world']
  }
  return isNamed(node.object, ...WORLD_OBJECTS) ? ['outside world'] : []
}

function functionVisitor(add: Add<string>): VisitorObject {
  return {
    FunctionDeclaration: (node) => add(node.id?.name ?? 'function', node),
    FunctionExpression: (node) => add(node.id?.name ?? 'function', node),
    ArrowFunctionExpression: (node) => add('arrow function', node),
  }
}

function isNamed(node: { readonly type: string } | null | undefined, ...names: readonly string[]): boolean {
  return node?.type === 'Identifier' && 'name' in node && names.includes(String(node.name))
}

function stringOf(node: { readonly type: string }): string | null {
  return node.type === 'Literal' && 'value' in node && typeof node.value === 'string' ? node.value : null
}
