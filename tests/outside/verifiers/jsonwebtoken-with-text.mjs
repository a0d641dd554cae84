// The mistake that everybody makes once: the text of the secret, not its bytes.
// verifier: jsonwebtoken, with the text of an HS256 secret
// npm: jsonwebtoken@9.0.3
import jwt from "jsonwebtoken";

const { ALGORITHM, SECRET, TOKEN } = process.env;
jwt.verify(TOKEN, SECRET || "none", { algorithms: [ALGORITHM] });
