//! Templates in text: what is a hole, and what is left of it.

use gatelint::repo::SourceId;
use gatelint::syntax::holes;
use proptest::prelude::*;

#[test]
fn holes_are_only_what_is_closed() {
    let table: &[(&str, &[&str])] = &[
        ("{{ a }} {{b}", &["{{ a }}"]),
        ("{{ \"{{\" }}x{{ '}}' }}", &["{{ \"{{\" }}", "{{ '}}' }}"]),
        ("{{ don't }} {{ can't }}", &["{{ don't }}", "{{ can't }}"]),
        ("{{{ raw }}} ${#a[@]} {# b #}", &["{{{ raw }}}", "{# b #}"]),
        ("{% a %} <%= b %> <% c", &["{% a %}", "<%= b %>"]),
        ("${A} $${B} $$${C} ${d} ${E:-${F}} ${G", &["${A}", "${C}", "${E:-${F}}"]),
        ("@a@ b@c.d@ @e.f-g@ @h @1@", &["@a@", "@e.f-g@"]),
        ("%HOST%:%PORT% %Y%m%d %20%", &["%HOST%", "%PORT%"]),
        ("{\"a\":{\"b\":{}}} $x %{+Q}o", &[]),
    ];
    for (text, expected) in table {
        let found = holes::holes(SourceId(0), text, holes::Templates::ALL);
        let found: Vec<&str> = found.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(found, *expected, "{text}");
        let detected = holes::holes(SourceId(0), text, holes::detect(text));
        assert_eq!(detected.len(), found.len(), "{text}");
    }
    let text = "a {{ é\n b }};\n  {% if\n x %}\r\n{{ a }} {{ b }}\n";
    let found = holes::holes(SourceId(0), text, holes::Templates::ALL);
    let masked = "a HHHHH\n     ;\n  #....\n #...\r\n#..............\n";
    assert_eq!(holes::mask(text, &found), masked);
}

#[test]
fn what_is_filled_in_later_is_found_in_yaml_that_can_be_read() {
    let table: &[(&str, &[&str])] = &[
        ("host: shop.$DOMAIN", &["shop.$DOMAIN"]),
        ("port: \"$PORT\"  # the port", &["$PORT"]),
        ("image: $IMAGE:${TAG}", &["$IMAGE:${TAG}"]),
        ("args: [--port, $PORT, x]", &["$PORT"]),
        ("args: [sh, -c, \"echo $HOME\"]", &[]),
        ("a: $$PORT\nb: $1\nc: $http_host\nd: /api$", &[]),
        (
            "p: ENC[AES256_GCM,data:a=,iv:b=,tag:c=,type:str]",
            &["ENC[AES256_GCM,data:a=,iv:b=,tag:c=,type:str]"],
        ),
        ("p: <path:secret/data/shop#a b>", &["<path:secret/data/shop#a b>"]),
        (
            "p: ref+vault://shop/port\nq: '#{PORT}#'",
            &["ref+vault://shop/port", "#{PORT}#"],
        ),
        ("p: __PORT__\nq: __init__.py", &["__PORT__", "__init__.py"]),
    ];
    for (text, expected) in table {
        let found = holes::filled(SourceId(0), text);
        let found: Vec<&str> = found.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(found, *expected, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn masks_keep_length_and_lines(text in "([{}%#<>$@\"'AB x\n\r\té]|\\{\\{|\\}\\}|\\{%|%\\}|A: |- |\n  ){0,60}") {
        let found = holes::holes(SourceId(0), &text, holes::Templates::ALL);
        for masked in [holes::mask(&text, &found), holes::mask_indented(&text, &found)] {
            prop_assert_eq!(masked.len(), text.len());
            for (own, other) in text.bytes().zip(masked.bytes()) {
                prop_assert_eq!(own == b'\n', other == b'\n');
            }
        }
        prop_assert!(found.iter().all(|hole| text.get(hole.range()).is_some()));
    }
}
