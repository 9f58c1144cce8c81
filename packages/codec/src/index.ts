/**
 * Encodes and decodes BattlEye RCON packets.
 *
 * @since 0.1.0
 */
export * as DecodeError from "./DecodeError.ts"
export * as Packet from "./Packet.ts"
export * as PacketSchema from "./PacketSchema.ts"
export * as Reassembly from "./Reassembly.ts"
export * as Text from "./Text.ts"
