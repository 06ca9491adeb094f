import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where `npm run dev` and `npx vite preview` find the server that they work against.
const server = process.env.ANDON_URL ?? "http://127.0.0.1:8080";
const proxy = { "/api": server, "/git": server };
// As the server sends it, so that a preview shows what it refuses.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The server answers with `default-src 'self'`: no inline script, no data: address.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    // What belongs to which screen, for scripts/weight.mjs.
    manifest: "manifest.json",
  },
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy, headers: { "content-security-policy": policy } },
});
