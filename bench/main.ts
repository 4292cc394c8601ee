import { idle } from './idle/idle.js'
import { isolation } from './isolation/isolation.js'
import { issue } from './issue/issue.js'
import { nodes } from './nodes/nodes.js'
import { relay } from './relay/relay.js'
import { revoke } from './revoke/revoke.js'
import { stalled } from './stalled/stalled.js'
import { store } from './store/store.js'

const BENCHES: Readonly<Record<string, (options: { json: boolean }) => Promise<void>>> = {
  relay,
  revoke,
  issue,
  stalled,
  isolation,
  idle,
  nodes,
  store,
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench) await bench({ json: flags.includes('--json') })
else {
  process.stderr.write(`Usage: npm run bench -- <${Object.keys(BENCHES).join(' | ')}> [--json]\n`)
  process.exitCode = 1
}
