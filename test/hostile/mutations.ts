import fc from 'fast-check'
import { type DerNode, parseDer } from '../../src/pki/der.js'
import { encodeDer } from '../../src/pki/der-encode.js'

/** Where every element of a DER encoding begins and ends, outermost first. */
interface Span {
  readonly start: number
  readonly end: number
}

function spansOf({ bytes, children }: DerNode, start = 0): readonly Span[] {
  const length = bytes.length - children.reduce((sum, child) => sum + child.bytes.length, 0)
  let at = start + (children.length > 0 ? length : bytes.length)
  const inner = children.flatMap((child) => {
    const spans = spansOf(child, at)
    at += child.bytes.length
    return spans
  })
  return [{ start, end: start + bytes.length }, ...inner]
}

const splice = (bytes: Uint8Array, start: number, end: number, ...between: readonly Uint8Array[]) =>
  Buffer.concat([bytes.subarray(0, start), ...between, bytes.subarray(end)])

type Mutation = (bytes: Uint8Array) => Uint8Array

/** Whatever the position, it falls within the bytes as they are by then. */
const within = (bytes: Uint8Array, at: number) => at % Math.max(1, bytes.length)

const flip = fc.record({ at: fc.nat(), bit: fc.nat(7) }).map(({ at, bit }): Mutation => {
  return (bytes) => {
    const copy = Uint8Array.from(bytes)
    const index = within(bytes, at)
    copy[index] = (copy[index] ?? 0) ^ (1 << bit)
    return copy
  }
})

const cut = fc.nat().map(
  (at): Mutation =>
    (bytes) =>
      bytes.slice(0, within(bytes, at)),
)

const insert = fc.record({ at: fc.nat(), what: fc.uint8Array({ maxLength: 40 }) }).map(
  ({ at, what }): Mutation =>
    (bytes) =>
      splice(bytes, within(bytes, at), within(bytes, at), what),
)

/** Copies one stretch of the bytes over another place. */
const transplant = fc.record({ from: fc.nat(), length: fc.nat(64), to: fc.nat() }).map(
  ({ from, length, to }): Mutation =>
    (bytes) => {
      const start = within(bytes, from)
      return splice(bytes, within(bytes, to), within(bytes, to), bytes.subarray(start, start + length))
    },
)

/** Changes that leave the rest a tree of elements, with lengths that are right again where `isTrue`. */
const structural = (der: Uint8Array) => {
  const root = parseDer(der)
  const spans = spansOf(root)
  const element = fc.constantFrom(...spans)
  const length = fc.constantFrom(0x00, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x85, 0xff)
  return fc.oneof(
    fc.record({ element, length }).map(({ element: { start }, length }): Mutation => {
      return (bytes) => splice(bytes, start + 1, start + 2, Uint8Array.of(length))
    }),
    fc.record({ element, other: element, isTrue: fc.boolean() }).map(({ element, other, isTrue }): Mutation => {
      return () => (isTrue ? rebuilt(root, element, other) : splice(der, element.start, element.end, part(der, other)))
    }),
    element.map(
      (gone): Mutation =>
        () =>
          rebuilt(root, gone, null),
    ),
    element.map(
      (twice): Mutation =>
        () =>
          rebuilt(root, twice, twice, true),
    ),
    fc.record({ element, tag: fc.nat(255) }).map(({ element: { start }, tag }): Mutation => {
      return (bytes) => splice(bytes, start, start + 1, Uint8Array.of(tag))
    }),
  )
}

const part = (der: Uint8Array, { start, end }: Span) => der.subarray(start, end)

/** The encoding with `target` replaced by `by`, or removed, or followed by itself; every length around it fits. */
function rebuilt(root: DerNode, target: Span, by: Span | null, twice = false): Uint8Array {
  const replacement = by === null ? new Uint8Array() : part(root.bytes, by)
  const build = (node: DerNode, start: number): Uint8Array => {
    if (start === target.start && start + node.bytes.length === target.end)
      return twice ? Buffer.concat([node.bytes, replacement]) : replacement
    if (node.children.length === 0) return node.bytes
    let at = start + node.bytes.length - node.content.length
    const children = node.children.map((child) => {
      const built = build(child, at)
      at += child.bytes.length
      return built
    })
    return encodeDer(node.tag, ...children)
  }
  return build(root, 0)
}

/** Valid DER with one to four things wrong with it. */
export function mutatedDer(der: Uint8Array): fc.Arbitrary<Uint8Array> {
  const first = fc.oneof(structural(der), flip, cut, insert, transplant)
  const others = fc.array(fc.oneof(flip, cut, insert, transplant), { maxLength: 3 })
  return fc.tuple(first, others).map(([one, rest]) => rest.reduce((bytes, mutate) => mutate(bytes), one(der)))
}

/** Text with up to four stretches replaced, removed, doubled or put elsewhere. */
export function mutatedText(text: string): fc.Arbitrary<string> {
  const hostile = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\u0000',
      '\\ud800',
      '\\',
      '\0',
      '1e999',
      '-0',
      'null',
      '__proto__',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  const change = fc.record({ at: fc.nat(), length: fc.nat(12), with: fc.oneof(hostile, fc.nat()) })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) =>
    changes.reduce((mutated, { at, length, with: what }) => {
      const start = at % (mutated.length + 1)
      const from = typeof what === 'number' ? what % (mutated.length + 1) : 0
      const between = typeof what === 'number' ? mutated.slice(from, from + 24) : what
      return mutated.slice(0, start) + between + mutated.slice(start + length)
    }, text),
  )
}
