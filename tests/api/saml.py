"""A SAML 2.0 identity provider of the tests' own: its metadata, and responses signed by the program xmlsec1."""
import base64
import datetime
import subprocess
import xml.sax.saxutils

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from issuer import certify, pem

ASSERTION, PROTOCOL, METADATA = (f"urn:oasis:names:tc:SAML:2.0:{name}" for name in ("assertion", "protocol", "metadata"))
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
SIGN_IN = "https://signin.aws.amazon.com/saml"
SIGNATURE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_a"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
</ds:Signature>"""
CIPHER = """<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">
<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/><xenc:CipherData><xenc:CipherValue/>
</xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"""


def instant(seconds):
    return (datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Saml:
    def __init__(self, folder, entity="https://idp.example.com/saml"):
        self.folder, self.entity = folder, entity
        self.key = rsa.generate_private_key(65537, 2048)
        self.certificate = certify(self.key, "idp.example.com")
        (folder / "saml.pem").write_bytes(pem(self.key))

    def metadata(self, until=None):
        der = base64.encodebytes(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        valid = f' validUntil="{until}"' if until else ""
        return (f'<?xml version="1.0"?>\n<md:EntityDescriptor xmlns:md="{METADATA}" entityID="{self.entity}"{valid}>'
                f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"><md:KeyDescriptor use="signing">'
                f'<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate>'
                '</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService '
                'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>'
                "</md:IDPSSODescriptor></md:EntityDescriptor>")

    def assertion(self, attributes, audience=SIGN_IN, recipient=SIGN_IN, issued=0, lasts=300, session=28800, issuer=None):
        """`attributes` by name, a list of values each; times in seconds from now."""
        stated = "".join(f'<saml:Attribute Name="{name}">' + "".join(
            f"<saml:AttributeValue>{xml.sax.saxutils.escape(value)}</saml:AttributeValue>" for value in values) + "</saml:Attribute>"
            for name, values in attributes.items())
        return (f'<saml:Assertion xmlns:saml="{ASSERTION}" ID="_a" Version="2.0" IssueInstant="{instant(issued)}">'
                f"<saml:Issuer>{issuer or self.entity}</saml:Issuer>{SIGNATURE}<saml:Subject>"
                '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">student-1</saml:NameID>'
                '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
                f'<saml:SubjectConfirmationData NotOnOrAfter="{instant(issued + lasts)}" Recipient="{recipient}"/>'
                f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{instant(issued)}" '
                f'NotOnOrAfter="{instant(issued + lasts)}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>'
                f'</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement SessionNotOnOrAfter="{instant(session)}"/>'
                f"<saml:AttributeStatement>{stated}</saml:AttributeStatement></saml:Assertion>")

    def response(self, attributes, encrypt_for=None, **terms):
        """The base64 text that a browser would bring."""
        text = self.xmlsec("--sign", "--privkey-pem", self.folder / "saml.pem", text=self.assertion(attributes, **terms))
        text = text[text.index("<saml:Assertion"):]
        if encrypt_for is not None:
            text = self.encrypt(text, encrypt_for)
        whole = (f'<samlp:Response xmlns:samlp="{PROTOCOL}" ID="_r" Version="2.0"><samlp:Status>'
                 f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{text}</samlp:Response>')
        return base64.b64encode(whole.encode()).decode()

    def encrypt(self, text, key):
        public, clear = self.folder / "public.pem", self.folder / "clear.xml"
        public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        clear.write_text(text, encoding="utf-8")
        sealed = self.xmlsec("--encrypt", "--pubkey-pem", public, "--session-key", "aes-256", "--xml-data", clear, text=CIPHER)
        return f'<saml:EncryptedAssertion xmlns:saml="{ASSERTION}">{sealed[sealed.index("<xenc:"):]}</saml:EncryptedAssertion>'

    def xmlsec(self, *words, text):
        file = self.folder / "template.xml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(["xmlsec1", *map(str, words), "--id-attr:ID", f"{ASSERTION}:Assertion", str(file)], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
