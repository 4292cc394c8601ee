// Loaded before all else in each test file. tap notes which modules a process loads: its hooks cost a second of CPU for
// each test file, and for each Node.js that a test starts. Nobody reads these notes.
import Module from 'node:module'

const { register } = Module
Module.register = (specifier, ...rest) =>
  String(specifier).includes('/@tapjs/processinfo/') ? undefined : register(specifier, ...rest)
// Where there are notes already, tap does not begin them, nor has child processes take any.
globalThis[Symbol.for('@tapjs/processinfo.ProcessInfoNodeData')] = { files: [] }
delete process.env.NODE_OPTIONS
