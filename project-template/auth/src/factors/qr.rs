//! QR codes as SVG.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// The white border that scanners need, in modules.
const QUIET: i32 = 4;

/// A text as an SVG image without fixed size. None if the text is too long for a QR code.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let dark = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(dark).ok()?;
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET).ok()?;
            }
            x += run + 1;
        }
    }
    let size = code.size() + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_once_and_no_other() {
        let text = "otpauth://totp/Acme:ada@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let svg = svg(text).unwrap();
        let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
        let index = |module: i32| usize::try_from(module).unwrap();
        let mut drawn = vec![vec![false; index(code.size())]; index(code.size())];
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> = run
                .split(|character: char| !character.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            for x in numbers[0]..numbers[0] + numbers[2] {
                let module = &mut drawn[numbers[1] - index(QUIET)][x - index(QUIET)];
                assert!(!*module, "drawn twice");
                *module = true;
            }
        }
        for y in 0..code.size() {
            for x in 0..code.size() {
                assert_eq!(drawn[index(y)][index(x)], code.get_module(x, y), "{x} {y}");
            }
        }
    }

    #[test]
    fn a_text_that_no_qr_code_holds_has_none() {
        assert_eq!(svg(&"x".repeat(5_000)), None);
    }
}
