//! Which image a container starts from: the one it names, or for one that is built here the base its Dockerfile names.

use crate::environment::ContainerSpec;
use crate::model::Version;

/// A public image by name and tag.
#[derive(Debug)]
pub(crate) struct Image {
    /// The image without digest: `php:8.3-fpm`, `registry.example/team/app:1`.
    pub text: String,
    /// Whether the repository adds files or a command to it that are not looked at.
    pub changed: bool,
    /// Whether another command than the image's own is started.
    pub other_command: bool,
}

impl Image {
    /// The image that a container names, where nothing is added to it.
    pub fn written(spec: &ContainerSpec) -> Option<Image> {
        let image = spec
            .image
            .as_ref()
            .filter(|image| !image.unknown && spec.built.is_none())?;
        Some(Image {
            text: image.text.split('@').next()?.to_owned(),
            changed: false,
            other_command: false,
        })
    }

    /// The base of one of a Dockerfile's stages, followed through earlier stages.
    pub fn base(text: &str, own: usize) -> Option<Image> {
        let mut stages: Vec<(String, Image)> = Vec::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "FROM" if stages.len() > own => break,
                "FROM" => {
                    let image = words.find(|word| !word.starts_with("--"))?;
                    let alias = words.nth(1).unwrap_or_default().to_ascii_lowercase();
                    let earlier = stages
                        .iter()
                        .find(|(name, _)| !name.is_empty() && *name == image.to_ascii_lowercase());
                    let stage = match earlier {
                        Some((_, stage)) => Image {
                            text: stage.text.clone(),
                            ..*stage
                        },
                        None => Image {
                            text: image.split('@').next()?.to_owned(),
                            changed: true,
                            other_command: false,
                        },
                    };
                    stages.push((alias, stage));
                }
                "CMD" | "ENTRYPOINT" => {
                    if let Some((_, stage)) = stages.last_mut() {
                        stage.other_command = true;
                    }
                }
                _ => {}
            }
        }
        // `FROM node:${VERSION}` tells the name, not the version, and may be anything else.
        stages
            .pop()
            .map(|(_, image)| image)
            .filter(|image| !image.text.contains('$'))
    }

    fn repository_and_tag(&self) -> (&str, &str) {
        match self.text.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (&self.text, ""),
        }
    }

    /// The last part of the name: `nginx` of `registry.example/nginx:1.28`.
    pub fn name(&self) -> &str {
        let (repository, _) = self.repository_and_tag();
        repository.rsplit('/').next().unwrap_or(repository)
    }

    /// The tag; empty where there is none.
    pub fn tag(&self) -> &str {
        self.repository_and_tag().1
    }

    /// Whether it is one of Docker's official images, or of this organisation.
    pub fn is_official(&self, name: &str) -> bool {
        let (repository, _) = self.repository_and_tag();
        let bare = repository.strip_prefix("docker.io/").unwrap_or(repository);
        bare.strip_prefix("library/").unwrap_or(bare) == name
    }

    /// The version its tag tells.
    pub fn version(&self) -> Option<Version> {
        Version::of_image(&self.text)
    }
}
