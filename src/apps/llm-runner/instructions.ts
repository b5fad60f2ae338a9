/** What a client is told of the server as a whole. */
export const instructions =
  'Runs LLM command-line programs. `get_llm_status` lists them; `execute_llm` and `stream_llm` run one; a result with `session_id` goes on with `resume_llm`.'
