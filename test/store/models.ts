import { readFileSync } from 'node:fs'
import { Prisma } from '../../src/store/generated/sqlite/client.js'

const SCHEMA = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8')

/** The body of a model: its lines without comments. */
function linesOf(model: string): readonly string[] {
  const body = new RegExp(`^model ${model} \\{\\n(.*?)^\\}`, 'ms').exec(SCHEMA)?.[1] ?? ''
  return body.split('\n').map((line) => line.replace(/\/\/.*/, '').trim())
}

/** `name TYPE` or `name TYPE NOT NULL` for each column that the schema gives a model, in the spelling of `types`. */
export function columnsOf(model: string, types: Readonly<Record<string, string>>): readonly string[] {
  const scalars = Object.keys(Prisma[`${model}ScalarFieldEnum` as 'UserScalarFieldEnum'])
  return scalars.map((name) => {
    const type =
      linesOf(model)
        .find((line) => line.startsWith(`${name} `))
        ?.split(/\s+/)[1] ?? '?'
    return `${name} ${types[type.replace('?', '')] ?? 'TEXT'}${type.endsWith('?') ? '' : ' NOT NULL'}`
  })
}

/** The columns of each index that the schema gives a model, primary key included, unique ones marked. */
export function indexesOf(model: string): readonly string[] {
  return linesOf(model).flatMap((line) => {
    const [name = ''] = line.split(/\s+/)
    const [, kind, columns = ''] = /^@@(id|unique|index)\(\[(.*?)\]/.exec(line) ?? []
    if (kind !== undefined) return [`${kind === 'index' ? '' : 'unique '}${columns}`]
    return / @(id|unique)\b/.test(line) ? [`unique ${name}`] : []
  })
}

export function sorted(texts: readonly string[]): readonly string[] {
  return [...texts].sort()
}
