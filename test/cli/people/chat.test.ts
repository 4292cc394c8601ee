import t from 'tap'
import { footerLines } from '../../../src/cli/people/chat/footer.js'
import { parseInput } from '../../../src/cli/people/chat/input.js'
import { Transcript } from '../../../src/cli/people/chat/transcript.js'
import type { ReadEvent } from '../../../src/client/index.js'

const message = (username: string, at: string, payload: string) =>
  ({
    type: 'message',
    at,
    payload,
    seal: 'sealed',
    from: { username, fingerprint: 'sha256:aa' },
  }) as unknown as ReadEvent

t.test('what a person types is a message or a command', async (t) => {
  t.same(parseInput('  '), { kind: 'nothing' })
  t.same(parseInput('hello /you'), { kind: 'message', text: 'hello /you' })
  t.same(parseInput('//etc/hosts'), { kind: 'message', text: '/etc/hosts' })
  t.same(parseInput('/leave  good night '), { kind: 'command', name: 'leave', words: ['good', 'night'] })
})

t.test('a day, the time, who, and what; what is stored of oneself has a mark', async (t) => {
  const transcript = new Transcript('alice', 'UTC')
  const lines = [
    message('alice', '2026-11-26T23:58:00.000Z', 'hello'),
    message('bob', '2026-11-26T23:59:00.000Z', 'a\u001b[2J\tb\nc ✓'),
    message('bob', '2026-11-27T00:01:00.000Z', 'good morning'),
  ].flatMap((event) => transcript.lines(event, 80))
  t.same(
    lines,
    [
      '--- Thursday 26 November 2026 ---',
      '23:58 alice: hello ✓',
      '23:59 bob: a\\u001b[2J    b',
      '           c ✓',
      '--- Friday 27 November 2026 ---',
      '00:01 bob: good morning',
    ].map((line) => line.replace(/^--- (\w+) /, '--- $1, ')),
  )
})

t.test('what is not stored yet, and the connection', async (t) => {
  t.same(footerLines([], null, 40), [])
  t.same(footerLines([], 'lost: why\n10:03 alice: yes', 40), ['  lost: why\\n10:03 alice: yes'])
  t.same(footerLines(['one', 'two', 'three', 'four', 'five'], 'connecting', 40), [
    '  … one',
    '  … two',
    '  … three',
    '  … and 2 more',
    '  connecting',
  ])
  t.same(footerLines(['a line\nand more'], null, 9), ['  … a l…'])
})
