import { referred, resolved, type Schema, type Schemas } from './schema.js'

/** The members of an object as a table; those that may be absent with a question mark. */
export function schemaTable(given: Schema, schemas: Schemas): string {
  const { properties = {}, required = [] } = resolved(given, schemas)
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { description = '' } = resolved(schema, schemas)
    return row(`\`${name}${required.includes(name) ? '' : '?'}\``, typeOf(schema), schema.description ?? description)
  })
  return rows.length === 0 ? 'Nothing.' : ['| member | type | |', '|---|---|---|', ...rows].join('\n')
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`
}

/** In words, with a link to a schema that has a name. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return `[${referred(schema.$ref)}](#${referred(schema.$ref)})`
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  const choices = schema.oneOf ?? schema.anyOf
  if (choices) return choices.map(typeOf).join(' or ')
  if (schema.items) return `list${bounds(schema.minItems, schema.maxItems)} of ${typeOf(schema.items)}`
  if (schema.type === 'object') return objectType(schema)
  if (schema.type === 'string') return `string${bounds(schema.minLength, schema.maxLength)}${form(schema)}`
  return `${schema.type ?? 'any'}${bounds(schema.minimum, schema.maximum)}`
}

function objectType({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(
    ([name, inner]) => `\`${name}${required.includes(name) ? '' : '?'}\`: ${typeOf(inner)}`,
  )
  return `object {${members.join('; ')}}`
}

function form({ format, pattern }: Schema): string {
  if (format !== undefined) return `, ${format}`
  return pattern === undefined ? '' : ` \`${pattern}\``
}

/** Bounds that say something: what JavaScript can count exactly goes without saying. */
function bounds(least: number | undefined, most: number | undefined): string {
  const upper = most === undefined || most >= Number.MAX_SAFE_INTEGER ? undefined : most
  const lower = least === undefined || least <= Number.MIN_SAFE_INTEGER ? undefined : least
  if (lower !== undefined && upper !== undefined) return ` (${lower} to ${upper})`
  if (upper !== undefined) return ` (at most ${upper})`
  return lower === undefined ? '' : ` (${lower} or more)`
}
