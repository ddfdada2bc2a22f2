//! The macro `Image`: a picture that was attached, or one from a host that the site lists; and `KnownMimeTypes`.

use super::link::{self, Reference};
use super::media::{self, Kind};
use super::{href, raw_href};
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Here, Html, LinkTarget, Macro, Resolved};

pub const MACROS: &[Macro] = &[IMAGE, KNOWN_MIME_TYPES];

const IMAGE: Macro = Macro {
    name: "Image",
    doc: "A picture: the name of a file of this page, `wiki:Page:file` for one of another page, or an https address of a \
          host that the site lists. Then in any order a size (`200px`, `50%` or `300x200`), `left`, `right` or `center`, \
          `nolink`, and by name `size=`, `width=`, `height=`, `align=`, `alt=`, `title=` (shown above it), `caption=`, \
          `border=`, `link=` (an address or a link such as `wiki:Page`; empty for none).",
    example: "[[Image(\"picture.png\", 50%, center, caption=The plan)]]",
    block: true,
    targets,
    run,
};

const KNOWN_MIME_TYPES: Macro = Macro {
    name: "KnownMimeTypes",
    doc: "The kinds of files that are known by the ends of their names, and what is done with each.",
    example: "[[KnownMimeTypes]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: |_, _| Ok(known_types()),
};

fn known_types() -> Html {
    let mut html = Html::default();
    html.tag("<div class=\"table-wrap\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Kind</th>");
    html.tag("<th scope=\"col\">Names end in</th><th scope=\"col\">Sent as</th><th scope=\"col\">On its page</th></tr></thead><tbody>");
    for (kind, ends, media) in media::KNOWN {
        html.tag("<tr><td>").text(kind).tag("</td><td>").text(&ends.join(", ")).tag("</td><td><code>");
        html.text(media.content_type).tag("</code></td><td>").tag(match (media.kind, media.inline) {
            (Kind::Image, _) => "shown",
            (Kind::Text, true) => "shown, and opened in place",
            (Kind::Text, false) => "shown as its source",
            (Kind::Other, _) => "only downloaded",
        });
        html.tag("</td></tr>");
    }
    html.tag("</tbody></table></div>");
    html
}

const MOST_PIXELS: u32 = 4000;
const NAMES: [&str; 9] = ["size", "width", "height", "align", "alt", "title", "caption", "border", "link"];

/// The arguments after the first one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    width: Option<String>,
    height: Option<String>,
    align: Option<&'static str>,
    alt: Option<String>,
    title: Option<String>,
    caption: Option<String>,
    border: bool,
    link: Option<String>,
}

fn targets(here: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget> {
    let Some(picture) = arguments.positional.first() else {
        return Vec::new();
    };
    if is_address(picture) {
        return vec![LinkTarget::new("url", picture.clone())];
    }
    link::target(here, &in_order(picture)).into_iter().collect()
}

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let Some(picture) = arguments.positional.first().filter(|picture| !picture.is_empty()) else {
        return Err(Error::invalid("Image", "Image needs the name of a file: [[Image(picture.png)]]."));
    };
    let look = look(arguments)?;
    if is_address(picture) {
        return Ok(remote(context, picture, &look));
    }
    let ways: Vec<Reference> = link::readings(&in_order(picture));
    let Some((owner, file)) = link::find(context, &[ways])?.pop().flatten() else {
        return Err(Error::invalid("Image", format!("There is no file “{picture}” to show.")));
    };
    let media = media::of(&file.name);
    if media.kind != Kind::Image {
        return Err(Error::invalid("Image", format!("“{}” is no picture that can be shown in place.", file.name)));
    }
    let page = format!("{}{}", context.root, href(&owner, &file.name));
    let alt = look.alt.clone().or_else(|| look.title.clone()).unwrap_or_else(|| {
        let description = if file.description.is_empty() { &file.name } else { &file.description };
        // A caption says it already.
        if look.caption.is_some() { String::new() } else { description.clone() }
    });
    let way = match look.link.as_deref() {
        None => Some(page),
        Some("") => None,
        Some(written) => Some(way(context, written)?),
    };
    Ok(figure(&look, &format!("{}{}", context.root, raw_href(&owner, &file.name)), &alt, way.as_deref()))
}

fn figure(look: &Look, source: &str, alt: &str, way: Option<&str>) -> Html {
    let mut html = Html::default();
    let mut class = look.align.map_or_else(|| "image".to_owned(), |align| format!("image image-{align}"));
    if look.border {
        class.push_str(" image-border");
    }
    html.tag("<figure").attribute("class", &class).tag(">");
    if let Some(way) = way {
        html.tag("<a").attribute("href", way).tag(">");
    }
    html.tag("<img").attribute("src", source).attribute("alt", alt);
    for (name, value) in [("width", &look.width), ("height", &look.height), ("title", &look.title)] {
        if let Some(value) = value {
            html.attribute(name, value);
        }
    }
    html.tag(" loading=\"lazy\">");
    if way.is_some() {
        html.tag("</a>");
    }
    if let Some(caption) = &look.caption {
        html.tag("<figcaption dir=\"auto\">").text(caption).tag("</figcaption>");
    }
    html.tag("</figure>");
    html
}

/// A picture of another site: shown if the site lists its host, else a link (as the setting `image_hosts` says).
fn remote(context: &Context<'_>, address: &str, look: &Look) -> Html {
    let host = host_of(address);
    let alt = look.alt.as_deref().or(look.caption.as_deref()).unwrap_or(address);
    if host.is_some_and(|host| context.settings.image_hosts.contains(&host)) {
        let way = look.link.as_deref().and_then(|written| way(context, written).ok());
        return figure(look, address, look.alt.as_deref().unwrap_or_default(), way.as_deref());
    }
    let mut html = Html::default();
    html.tag("<p><a class=\"external\" rel=\"nofollow noopener ugc\"")
        .attribute("href", address)
        .tag(">")
        .text(alt)
        .tag("</a></p>");
    html
}

/// Where a picture leads: an address outside, or a link of the house such as `wiki:Page`.
fn way(context: &Context<'_>, written: &str) -> Result<String> {
    if is_address(written) || (written.starts_with("http://") && host_of(written).is_some()) {
        return Ok(written.to_owned());
    }
    let nowhere = || {
        Error::invalid(
            "link",
            format!("“{written}” leads nowhere; link= takes an address or a link such as wiki:Page."),
        )
    };
    // A bare name is a page's, as in `[[Page]]`.
    let (prefix, rest) = written
        .split_once(':')
        .filter(|(prefix, _)| context.vocabulary.link_kind(prefix).is_some())
        .unwrap_or(("wiki", written));
    let kind = context.vocabulary.link_kind(prefix).ok_or_else(nowhere)?;
    match (kind.resolve)(context, &[rest])?.pop() {
        Some(Resolved::Found { href, .. }) if href.starts_with('/') => Ok(format!("{}{href}", context.root)),
        Some(Resolved::Found { href, .. }) => Ok(href),
        _ => Err(nowhere()),
    }
}

fn look(arguments: &Arguments) -> Result<Look> {
    let mut look = Look::default();
    for word in &arguments.positional[1..] {
        if let Some(align) = align_of(word) {
            look.align = Some(align);
        } else if word == "nolink" {
            look.link = Some(String::new());
        } else {
            (look.width, look.height) = size_of(word, "width")?;
        }
    }
    for (name, value) in &arguments.named {
        match name.as_str() {
            "size" => (look.width, look.height) = size_of(value, "size")?,
            "width" => look.width = Some(length_of(value, "width")?),
            "height" => look.height = Some(length_of(value, "height")?),
            "border" => {
                let width: Option<u32> = value.strip_suffix("px").unwrap_or(value).parse().ok();
                let wrong = || Error::invalid("border", format!("“{value}” is no border: 1 draws one, 0 none."));
                look.border = width.ok_or_else(wrong)? > 0;
            }
            "align" => {
                let wrong = || Error::invalid("align", format!("“{value}” is no side: left, right or center."));
                look.align = Some(align_of(value).ok_or_else(wrong)?);
            }
            "alt" => look.alt = Some(value.clone()),
            "title" => look.title = Some(value.clone()),
            "caption" => look.caption = Some(value.clone()).filter(|caption| !caption.is_empty()),
            "link" => look.link = Some(value.clone()),
            other => {
                let known = NAMES.join(", ");
                return Err(Error::invalid(other, format!("Image has no argument “{other}”; it takes {known}.")));
            }
        }
    }
    Ok(look)
}

fn align_of(word: &str) -> Option<&'static str> {
    ["left", "right", "center"].into_iter().find(|align| *align == word)
}

/// Width and height: `200px`, `50%`, `300x200`, `x200`.
fn size_of(word: &str, field: &str) -> Result<(Option<String>, Option<String>)> {
    let Some((width, height)) = word.split_once('x').filter(|(_, height)| !height.is_empty() && *height != "px") else {
        return Ok((Some(length_of(word, field)?), None));
    };
    let width = if width.is_empty() { None } else { Some(length_of(width, field)?) };
    Ok((width, Some(length_of(height, field)?)))
}

/// A `width` or `height` as the attribute takes it: `200`, `200px` or `50%`.
fn length_of(word: &str, field: &str) -> Result<String> {
    let (digits, most, unit) = match word.strip_suffix('%') {
        Some(digits) => (digits, 100, "%"),
        None => (word.strip_suffix("px").unwrap_or(word), MOST_PIXELS, ""),
    };
    match digits.parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(format!("{number}{unit}"))
        }
        _ => Err(Error::invalid(
            field,
            format!("“{word}” is no size (200px, 50% or 300x200) and no side (left, right or center)."),
        )),
    }
}

/// Turns `wiki:Page:file` into the order of links, `file:wiki:Page`.
fn in_order(picture: &str) -> String {
    for realm in ["wiki", "page", "ticket", "milestone"] {
        let after = picture.strip_prefix(realm).and_then(|rest| rest.strip_prefix(':'));
        if let Some((id, file)) = after.and_then(|rest| rest.rsplit_once(':')) {
            return format!("{file}:{realm}:{id}");
        }
    }
    picture.to_owned()
}

fn is_address(picture: &str) -> bool {
    picture.starts_with("https://") && host_of(picture).is_some()
}

/// The host of an address without a user or a port, in lower case.
fn host_of(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain =
        !host.is_empty() && host.chars().all(|character| character.is_ascii_alphanumeric() || ".-".contains(character));
    let clean =
        !address.chars().any(|character| character.is_control() || character.is_whitespace() || character == '\\');
    (plain && clean).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(positional: &[&str], named: &[(&str, &str)]) -> Arguments {
        Arguments {
            positional: positional.iter().map(|word| (*word).to_owned()).collect(),
            named: named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Arguments::default()
        }
    }

    #[test]
    fn width_and_side_stand_in_any_order() {
        for words in [&["a.png", "left", "50%"][..], &["a.png", "50%", "left"]] {
            let look = look(&arguments(words, &[])).expect("reads");
            assert_eq!((look.width.as_deref(), look.align), (Some("50%"), Some("left")));
        }
        let sizes = |word: &str| size_of(word, "size").expect("reads");
        let side = |side: &str| Some(side.to_owned());
        assert_eq!(sizes("200px"), (side("200"), None));
        assert_eq!(sizes("300x200"), (side("300"), side("200")));
        assert_eq!(sizes("x200px"), (None, side("200")));
        assert_eq!(sizes("10%"), (side("10%"), None));
    }

    #[test]
    fn an_argument_that_means_nothing_is_named() {
        for wrong in [
            arguments(&["a.png", "0"], &[]),
            arguments(&["a.png", "101%"], &[]),
            arguments(&["a.png", "+5"], &[]),
            arguments(&["a.png", "99999"], &[]),
            arguments(&["a.png", "10em"], &[]),
            arguments(&["a.png", "3x"], &[]),
            arguments(&["a.png"], &[("size", "x")]),
            arguments(&["a.png"], &[("border", "red")]),
            arguments(&["a.png"], &[("onload", "x")]),
            arguments(&["a.png"], &[("align", "middle")]),
        ] {
            assert!(matches!(look(&wrong), Err(Error::Invalid(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_picture_is_drawn_without_a_way_out_of_its_attributes() {
        let look = Look { caption: Some("<b>".to_owned()), align: Some("left"), ..Look::default() };
        assert_eq!(
            figure(&look, "/a?\"b", "\"><script>", None).as_str(),
            "<figure class=\"image image-left\"><img src=\"/a?&quot;b\" alt=\"&quot;&gt;&lt;script&gt;\" loading=\"lazy\">\
             <figcaption dir=\"auto\">&lt;b&gt;</figcaption></figure>"
        );
    }

    #[test]
    fn only_a_plain_https_address_is_one() {
        assert_eq!(host_of("https://Img.Example/a.png").as_deref(), Some("img.example"));
        for no in
            ["http://a/b", "https://", "https://a@b/c", "https://a:1/", "javascript:x", "https://a/\\b", "https://a/ b"]
        {
            assert!(!is_address(no), "{no}");
        }
        assert_eq!(in_order("wiki:Guide/A:b.png"), "b.png:wiki:Guide/A");
    }
}
