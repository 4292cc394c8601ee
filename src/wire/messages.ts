import { z } from 'zod'

/** What `z.config` takes: the message of an issue whose schema has none of its own. */
type Customised = NonNullable<ReturnType<typeof z.config>['customError']>
type Issue = Parameters<Customised>[0]

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** "a, b or c". */
function anyOf(words: readonly unknown[]): string {
  const texts = words.map(String)
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}

function sized(origin: string, bound: string): string {
  if (origin === 'string') return `must have ${bound} characters`
  return origin === 'array' ? `must have ${bound} entries` : `must be ${bound}`
}

/** What is wrong with a field, in the words of the schemas; undefined leaves it to the library. */
function messageOf(issue: Issue): string | undefined {
  if (issue.code === 'unrecognized_keys') return `must not have ${anyOf(issue.keys.map((key) => JSON.stringify(key)))}`
  if (issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be ${TYPES[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return `must be ${anyOf(issue.values)}`
  if (issue.code === 'too_small') return sized(issue.origin, `${issue.minimum} or more`)
  if (issue.code === 'too_big') return sized(issue.origin, `${issue.maximum} or less`)
  return undefined
}

z.config({ customError: messageOf })
