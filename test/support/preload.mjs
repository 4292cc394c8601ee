// Loaded before all else in each test file.
import Module from 'node:module'

// tap notes which modules a process loads: its hooks cost a second of CPU for each test file, and for each Node.js that
// a test starts. Nobody reads these notes.
const { register } = Module
Module.register = (specifier, ...rest) =>
  String(specifier).includes('/@tapjs/processinfo/') ? undefined : register(specifier, ...rest)
// Where there are notes already, tap does not begin them, nor has child processes take any.
globalThis[Symbol.for('@tapjs/processinfo.ProcessInfoNodeData')] = { files: [] }
delete process.env.NODE_OPTIONS

// One that is run by itself is not compiled.
if (process.argv[1]?.endsWith('.ts')) await import('tsx')
