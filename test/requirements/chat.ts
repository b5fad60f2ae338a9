import type { Requirement } from './requirement.ts'

const source = 'Command line: chat'

/** The chat in a terminal. */
export const chat = [
  {
    id: 'chat:dialogue',
    text: 'chat connects to one server by its command, says what it is, lists tools and prompts, shows a prompt, answers with tools after asking, and ends with quit',
    source,
  },
  {
    id: 'chat:connect',
    text: 'chat takes the command of a server from the command line or the environment, or uses a running gateway or a configuration',
    source,
  },
  {
    id: 'chat:no-model',
    text: 'Without a key chat says what to do, and without a server that starts it says why',
    source,
  },
  {
    id: 'chat:consent',
    text: 'Before a tool runs the terminal shows server, tool, all arguments with nothing hidden, and why it asks; without an answer it is not run, and the model hears that',
    source,
  },
  {
    id: 'chat:consent:granted',
    text: 'What was allowed for a conversation is not asked again, is listed, and can be taken back',
    source,
  },
  {
    id: 'chat:consent:long',
    text: 'Long arguments are shown a screen at a time, to their end, before they can be allowed',
    source,
  },
  {
    id: 'chat:injection',
    text: 'An instruction in a result that makes the model call a tool meets a question with the real arguments, and no is final',
    source,
  },
  {
    id: 'chat:interrupt',
    text: 'Ctrl-C ends an answer and its tools, a second one or one at an empty prompt ends the chat, and no process stays',
    source,
  },
  {
    id: 'chat:resume',
    text: 'Conversations are kept in files only their owner may read, and go on where they stood, also after an interrupted answer',
    source,
  },
  {
    id: 'chat:hostile',
    text: 'Nothing a model or a server says moves the cursor, recolours, titles, links or fills the clipboard, wherever it is cut into chunks',
    source,
  },
  {
    id: 'chat:width',
    text: 'Wide characters and narrow windows leave the screen whole',
    source,
  },
  {
    id: 'chat:editing',
    text: 'A message can have several lines, typed or pasted, and what was typed before comes back with the arrow keys, but for lines that begin with a space',
    source,
  },
  {
    id: 'chat:commands',
    text: 'Words behind a slash list, read, attach, save, choose and count; one that is not known is told with what may be meant',
    source,
  },
  {
    id: 'chat:markdown',
    text: 'Answers are shown as they come, as formatted text on a terminal',
    source,
  },
  {
    id: 'chat:questions',
    text: 'A form of a server is filled in at the terminal, and one that asks for a secret is declined',
    source,
  },
  {
    id: 'chat:files',
    text: 'Pictures in results are saved and their files named',
    source,
  },
  {
    id: 'chat:once',
    text: 'chat -p prints one answer, as JSON with --json, reads standard input, and says by its exit code what came of it',
    source,
  },
  {
    id: 'chat:allow',
    text: 'What --allow names runs unasked; without it and without anybody to ask a tool is refused with exit code 4',
    source,
  },
] as const satisfies readonly Requirement[]
