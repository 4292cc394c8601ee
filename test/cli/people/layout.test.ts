import fc from 'fast-check'
import t from 'tap'
import { clipped, widthOf, wrapped } from '../../../src/cli/people/chat/layout.js'

t.test('text is as wide as a terminal shows it', async (t) => {
  for (const [text, width] of [
    ['hello', 5],
    ['日本', 4],
    ['e\u0301', 1],
    ['🙂', 2],
    ['❤\ufe0f', 2],
    ['\u{17000}\u{1b000}', 4],
    ['\ufe19\ua960', 4],
    ['क\u0903', 2],
  ] as const)
    t.equal(widthOf(text), width, text)
  t.equal(clipped('hello', 5), 'hello')
  t.equal(clipped('hello you', 6), 'hello…')
})

t.test('words go on behind the name, and long ones are broken', async (t) => {
  t.same(wrapped('10:02 bob: ', 'one two\nthree', Number.POSITIVE_INFINITY), ['10:02 bob: one two', '           three'])
  t.same(wrapped('bob: ', 'one two three', 12), ['bob: one two', '     three'])
  t.same(wrapped('bob: ', 'abcdefghijkl', 12), ['bob: abcdefg', '     hijkl'])
  t.same(wrapped('a-long-name: ', 'one two', 12), ['a-long-name:', '  one two'])
})

t.test('nobody begins a line as if he were somebody else, and no line is wider than the terminal', async () => {
  const texts = fc.array(fc.constantFrom('10:03 alice: yes', ' ', '\n', '日本', 'x', '      '), { maxLength: 12 })
  fc.assert(
    fc.property(texts, fc.integer({ min: 24, max: 60 }), (pieces, columns) => {
      const [, ...others] = wrapped('10:02 bob: ', pieces.join(''), columns)
      return (
        others.every((line) => line === '' || /^ {11}/.test(line)) && others.every((line) => widthOf(line) <= columns)
      )
    }),
  )
})
