// Bundles the page once for each version of the kit: `node bundle.mjs <package> <file>`.
import { build } from "esbuild";

const [kit, outfile] = process.argv.slice(2);

await build({
  entryPoints: ["messenger.jsx"],
  bundle: true,
  outfile,
  alias: kit === "@weavy/uikit-react" ? {} : { "@weavy/uikit-react": kit },
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  logLevel: "error",
});
