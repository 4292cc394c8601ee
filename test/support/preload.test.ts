import { execFileSync } from 'node:child_process'
import t from 'tap'

t.test('neither this process nor what it starts is slowed by what tap would note of it', async (t) => {
  const asked = ['-p', 'String(process.env.NODE_OPTIONS)']
  t.equal(execFileSync(process.execPath, asked, { encoding: 'utf8' }), 'undefined\n')
  const { files } = Reflect.get(globalThis, Symbol.for('@tapjs/processinfo.ProcessInfoNodeData'))
  t.same(files, [])
})
