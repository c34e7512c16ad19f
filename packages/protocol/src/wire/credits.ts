/**
 * How many bytes may be under way on a stream.
 *
 * **Output.** The broker holds a credit for each stream of a channel: what it may send before the client has asked for
 * more. It starts at {@link eagerBytes}, so that a short command's output is there with no round trip and a stream that
 * nobody reads costs the client next to nothing. A reader raises the credit to the window once more comes than a short
 * output, and gives back what it has consumed whenever it waits for more: all but {@link slackBytes}, so that neither a
 * short output nor a dialogue of short messages costs any credits. To a reader that waits the broker sends at once whatever
 * there is. While more is under way it collects a quarter of the window, 256 KiB at most, and sends that as one chunk. It
 * sends while the credit is above zero, so it may overdraw it by less than one chunk. What it may not send it holds, up to
 * the window; then it stops reading from the child, which feels the back-pressure of an ordinary pipe. So a stream costs at
 * most two windows and three chunks.
 *
 * **Input.** The client starts with {@link INPUT_CREDIT_BYTES} and gets back what the child's pipe has taken. Sending
 * more than the credit is a breach: the channel's input is closed with `LimitExceeded`.
 */

/** Output sent before the client has asked. Higher: fewer round trips for short outputs. Lower: less memory unread. */
export const EAGER_BYTES = 64 * 1024

/** The credit of a stream before anybody has asked for it. */
export const eagerBytes = (windowBytes: number): number => Math.min(EAGER_BYTES, windowBytes)

/** Input under way to the child. Higher: fewer waits. Lower: less memory where a child does not read. */
export const INPUT_CREDIT_BYTES = 256 * 1024

/**
 * What a reader that waits need not give back, and so may be under way to one that waits. Higher: fewer messages. Lower: more
 * of what comes after a reader has stopped is collected.
 */
export const slackBytes = (windowBytes: number): number => windowBytes >> 6

/** A reader gives consumed bytes back in steps of this share of its window, so that a credit is not a message a chunk. */
export const returnThreshold = (windowBytes: number): number => Math.max(1, windowBytes >> 2)
